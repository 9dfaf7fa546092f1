#!/usr/bin/env python3
"""What the original tokenizers make of some ten thousand texts.

usage: make_tokenizer_cases.py ids VOCABULARY.gguf OUT [COUNT]   ids of whole texts, by the file's own data
       make_tokenizer_cases.py pieces OUT [COUNT]                pieces of every pre-tokenizer below
       make_tokenizer_cases.py fixtures FOLDER                   the small set that is committed

Oracles: Hugging Face tokenizers, set up as the model's tokenizer.json is, for BPE; the sentencepiece library for SentencePiece.
Malformed UTF-8 cannot be given to the former as text. There the pieces are found with U+FFFD in the place of each bad byte, and the BPE
model then gets the bytes themselves: what a byte-level tokenizer does with bytes, if only its regular expression could see them.

Lines of OUT: "p" (special tokens parsed) or "t" (as text), the text in hex, the ids; for pieces the name, the text, sizes in bytes. Fixtures: the pre-tokenizers that
agree ("default" for SentencePiece), the text, the ids.
"""

import json
import sys
from pathlib import Path

import gguf
import tokenizers
from tokenizers import Regex, normalizers, pre_tokenizers

import tokenizer_texts

NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE = range(1, 7)

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
TAIL = r"\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + TAIL
QWEN2 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + TAIL
QWEN35 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|" + TAIL
NO_CONTRACTIONS = r"[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + TAIL
BAILING = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+")
SEED_CODER = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|" + TAIL
MINICPM5 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}+| ?[^\s\p{L}\p{N}]+[\r\n]*|" + TAIL
U, W = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
PREFIX = r"[^\r\n\p{L}\p{N}]?"
O200K = (rf"{PREFIX}[{U}]*[{W}]+{CONTRACTIONS}?|{PREFIX}[{U}]+[{W}]*{CONTRACTIONS}?|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|" + TAIL)
TEKKEN = rf"{PREFIX}[{U}]*[{W}]+|{PREFIX}[{U}]+[{W}]*|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|" + TAIL
KIMI = (rf"[\p{{Han}}]+|{PREFIX}[{U}&&[^\p{{Han}}]]*[{W}&&[^\p{{Han}}]]+{CONTRACTIONS}?|{PREFIX}[{U}&&[^\p{{Han}}]]+[{W}&&[^\p{{Han}}]]*{CONTRACTIONS}?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|" + TAIL)
DEEPSEEK_V3 = (r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|""" + TAIL)
DEEPSEEK_CJK = "[一-龥ࠀ-一가-퟿]+"
# Written as numbers, since some of these letters do not survive an editor that normalises (Kelvin, Ohm).
CASED = """41-5A 61-7A B5 C0-D6 D8-F6 F8-1BA 1BC-1BF 1C4-293 295-2AF 370-373 376 377 37B-37D 37F 386 388-38A 38C 38E-3A1 3A3-3F5 3F7-481
48A-52F 531-556 10A0-10C5 13A0-13F5 13F8-13FD 1C90-1CBA 1CBD-1CBF 1D00-1D2B 1D6B-1D77 1D79-1D9A 1E00-1F15 1F18-1F1D 1F20-1F45
1F48-1F4D 1F50-1F57 1F59 1F5B 1F5D 1F5F-1F7D 1F80-1FB4 1FB6-1FBC 1FBE 1FC2-1FC4 1FC6-1FCC 1FD0-1FD3 1FD6-1FDB 1FE0-1FEC 1FF2-1FF4
1FF6-1FFC 2102 2107 210A-2113 2115 2119-211D 2124 2126 2128 212A-212D 212F-2134 2139 213C-213F 2145-2149 214E 2183 2184 2C00-2C7B
2C7E-2CE4 2CEB-2CEE 2CF2 2CF3 A640-A66D A680-A69B A722-A76F A771-A787 A78B-A78E AB70-ABBF FB00-FB06 FB13-FB17 FF21-FF3A FF41-FF5A
10400-1044F 104B0-104D3 104D8-104FB 10C80-10CB2 10CC0-10CF2 118A0-118DF 1E900-1E943"""
DEEPSEEK_LETTERS = r"\s?[" + "".join("-".join(chr(int(c, 16)) for c in r.split("-")) for r in CASED.split()) + "]+"
BLOOM = r" ?[^(\s|.,!?…。，、।۔،)]+"

DIGITS = {"type": "Digits", "individual_digits": True}
GPT2_STAGE = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
BYTES = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}


def split(pattern):
    return {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}


class Pre:
    def __init__(self, *stages, nfc=False, ignore_merges=False):
        self.stages, self.nfc, self.ignore_merges = stages, nfc, ignore_merges


DEEPSEEK_V3_PRE = Pre(split(r"\p{N}{1,3}"), split("[一-龥぀-ゟ゠-ヿ]+"), split(DEEPSEEK_V3), BYTES)
PRE = {
    "gpt-2": Pre(GPT2_STAGE),
    "mpt": Pre(GPT2_STAGE, nfc=True),
    "starcoder": Pre(DIGITS, GPT2_STAGE),
    "refact": Pre(DIGITS, GPT2_STAGE),
    "smollm": Pre(DIGITS, GPT2_STAGE),
    "command-r": Pre(DIGITS, GPT2_STAGE, nfc=True),
    "falcon": Pre({"type": "Punctuation", "behavior": "Contiguous"}, GPT2_STAGE, {"type": "Digits", "individual_digits": False}, split("[0-9][0-9][0-9]")),
    "llama-bpe": Pre(split(LLAMA3), BYTES, ignore_merges=True),
    "dbrx": Pre(split(LLAMA3), BYTES),
    "minicpm5": Pre(split(r"\p{N}{1,3}"), split(MINICPM5), BYTES, ignore_merges=True),
    "qwen2": Pre(split(QWEN2), BYTES, nfc=True),
    "qwen35": Pre(split(QWEN35), BYTES, nfc=True),
    "bailingmoe": Pre(split(BAILING), BYTES),
    "laguna": Pre(split(r"[^\n]+|[\n]+"), split(QWEN2), BYTES),
    "ufakzeka": Pre(split(NO_CONTRACTIONS), BYTES),
    "seed-coder": Pre(split(SEED_CODER), BYTES),
    "gpt-4o": Pre(split(O200K), BYTES),
    "tekken": Pre(split(TEKKEN), BYTES, ignore_merges=True),
    "kimi-k2": Pre(split(KIMI), BYTES),
    "deepseek-llm": Pre(split("[\r\n]"), split(DEEPSEEK_LETTERS), split(r"\s?[!-/:-~！-／：-～‘-‟　-。]+"), split(r"\s+$"), split(DEEPSEEK_CJK), DIGITS, BYTES),
    "deepseek-coder": Pre(split("[\r\n]"), split(r"\s?\p{L}+"), split(r"\s?\p{P}+"), split(DEEPSEEK_CJK), DIGITS, BYTES),
    "deepseek-v3": DEEPSEEK_V3_PRE,
    "bloom": Pre(split(BLOOM), BYTES),
    "viking": Pre(split(BLOOM), DIGITS, BYTES),
}


class Vocabulary:
    def __init__(self, path):
        fields = gguf.GGUFReader(path).fields
        self.model = fields["tokenizer.ggml.model"].contents()
        self.pre = fields["tokenizer.ggml.pre"].contents() if "tokenizer.ggml.pre" in fields else ""
        self.architecture = fields["general.architecture"].contents() if "general.architecture" in fields else ""
        self.tokens = fields["tokenizer.ggml.tokens"].contents()
        self.types = fields["tokenizer.ggml.token_type"].contents()
        self.scores = fields["tokenizer.ggml.scores"].contents() if "tokenizer.ggml.scores" in fields else []
        self.merges = fields["tokenizer.ggml.merges"].contents() if "tokenizer.ggml.merges" in fields else []
        key = "tokenizer.ggml.add_space_prefix"
        self.space_prefix = fields[key].contents() if key in fields else self.model == "llama"

    def named(self, *kinds):
        return [t for t, k in zip(self.tokens, self.types) if k in kinds]


def split_merge(merge):
    at = merge.index(" ", 1)
    return [merge[:at], merge[at + 1:]]


def hugging_face(v, pre):
    """The tokenizer.json of a BPE model, from the data of its GGUF."""
    gemma = v.model == "gemma4"
    added = [{"id": i, "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": k != USER_DEFINED}
             for i, (t, k) in enumerate(zip(v.tokens, v.types)) if k in (CONTROL, UNKNOWN, USER_DEFINED)]
    if gemma:
        normalizer = {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
        pre_tokenizer = {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}
    else:
        normalizer = {"type": "NFC"} if pre.nfc else None
        pre_tokenizer = {"type": "Sequence", "pretokenizers": list(pre.stages)}
    return tokenizers.Tokenizer.from_str(json.dumps({
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added, "normalizer": normalizer, "pre_tokenizer": pre_tokenizer,
        "post_processor": None, "decoder": None,
        "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>" if gemma else None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
                  "fuse_unk": gemma, "byte_fallback": gemma, "ignore_merges": bool(pre and pre.ignore_merges),
                  "vocab": {t: i for i, t in enumerate(v.tokens)}, "merges": [split_merge(m) for m in v.merges]},
    }))


def byte_alphabet():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [b for b in range(256) if b not in printable]
    return {**{b: chr(b) for b in printable}, **{b: chr(256 + i) for i, b in enumerate(others)}}


ALPHABET = byte_alphabet()


def stage_object(stage):
    if stage["type"] == "Split":
        return pre_tokenizers.Split(Regex(stage["pattern"]["Regex"]), "isolated", False)
    if stage["type"] == "Digits":
        return pre_tokenizers.Digits(stage["individual_digits"])
    if stage["type"] == "Punctuation":
        return pre_tokenizers.Punctuation("contiguous")
    return pre_tokenizers.Split(Regex(GPT2), "isolated", False)


class Cutter:
    """The pieces of a text as bytes; a malformed byte counts as U+FFFD where pieces are found."""

    def __init__(self, pre):
        self.nfc = normalizers.NFC() if pre.nfc else None
        self.stages = [stage_object(s) for s in pre.stages if s is not BYTES]

    def composed(self, text):
        out, run = "", ""
        for c in text:
            if "\udc80" <= c <= "\udcff":
                out, run = out + self.nfc.normalize_str(run) + c, ""
            else:
                run += c
        return out + self.nfc.normalize_str(run)

    def pieces(self, data):
        text = data.decode("utf-8", "surrogateescape")
        if self.nfc:
            text = self.composed(text)
        spans = [(0, len(text))]
        visible = "".join("\ufffd" if "\udc80" <= c <= "\udcff" else c for c in text)
        for stage in self.stages:
            spans = [(b + x, b + y) for b, e in spans for _, (x, y) in stage.pre_tokenize_str(visible[b:e])]
        return [text[b:e].encode("utf-8", "surrogateescape") for b, e in spans]


def write_lines(path, lines):
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text("".join(line + "\n" for line in lines))
    part.rename(path)


def line(kind, data, numbers):
    return " ".join([kind, data.hex() or "-", *map(str, numbers)])


def bpe_cases(v, count):
    pre = PRE.get(v.pre)
    if v.model == "gpt2" and pre is None:
        sys.exit(f"no original is known for the pre-tokenizer {v.pre}")
    tokenizer = hugging_face(v, pre)
    tokenizer.encode_special_tokens = True
    for text in tokenizer_texts.texts(count):
        yield line("t", text.encode(), tokenizer.encode(text, add_special_tokens=False).ids)
    tokenizer.encode_special_tokens = False
    for text in tokenizer_texts.with_special_tokens(v.named(CONTROL, USER_DEFINED)[:400], count // 10):
        yield line("p", text.encode(), tokenizer.encode(text, add_special_tokens=False).ids)
    if v.model == "gpt2" and v.pre != "falcon":  # whose last stages see bytes as characters
        user_defined = [t.encode() for t in v.named(USER_DEFINED)]
        texts = [data for data in tokenizer_texts.malformed(count // 10) if not any(t in data for t in user_defined)]
        yield from (line("t", data, ids) for data, ids in malformed_ids(v, pre, tokenizer, texts))


def malformed_ids(v, pre, tokenizer, texts):
    """(text, ids). The model's own vocabulary are the normal tokens; bytes that it lacks are dropped before anything merges."""
    cutter = Cutter(pre)
    symbols = {b: c for b, c in ALPHABET.items() if tokenizer.token_to_id(c) is not None and v.types[tokenizer.token_to_id(c)] == NORMAL}
    for data in texts:
        ids = []
        for piece in cutter.pieces(data):
            ids += [t.id for t in tokenizer.model.tokenize("".join(symbols[b] for b in piece if b in symbols))]
        yield data, ids


def sentence_piece(v):
    """The .model of a SentencePiece vocabulary, from the data of its GGUF."""
    from sentencepiece import SentencePieceProcessor, sentencepiece_model_pb2
    model = sentencepiece_model_pb2.ModelProto()
    unknown = v.tokens.index("<unk>")
    for i, (text, kind, score) in enumerate(zip(v.tokens, v.types, v.scores)):
        kind = UNKNOWN if i == unknown else CONTROL if kind == UNKNOWN else kind
        model.pieces.add(piece=text.replace(" ", "▁"), score=score, type=kind)
    trainer, normalizer = model.trainer_spec, model.normalizer_spec
    trainer.model_type, trainer.byte_fallback, trainer.vocab_size = 2, True, len(v.tokens)
    trainer.unk_id, trainer.bos_id, trainer.eos_id, trainer.pad_id = unknown, -1, -1, -1
    normalizer.name, normalizer.add_dummy_prefix, normalizer.remove_extra_whitespaces = "identity", v.space_prefix, False
    return SentencePieceProcessor(model_proto=model.SerializeToString())


def spm_cases(v, count):
    processor = sentence_piece(v)
    for text in tokenizer_texts.texts(count):
        yield line("t", text.encode(), processor.encode(text))
    for data in tokenizer_texts.malformed(count // 10):
        yield line("t", data, processor.encode(data))


def pieces_cases(count):
    texts = [t.encode() for t in tokenizer_texts.texts(count)] + tokenizer_texts.malformed(count // 10)
    for name, pre in PRE.items():
        if name == "falcon":
            continue
        cutter = Cutter(pre)
        cutter.nfc = None
        for data in texts:
            yield line(name, data, [len(p) for p in cutter.pieces(data)])


def main(argv):
    verb, *rest = argv[1:]
    if verb == "ids":
        v = Vocabulary(rest[0])
        count = int(rest[2]) if len(rest) > 2 else 10_000
        write_lines(rest[1], spm_cases(v, count) if v.model == "llama" else bpe_cases(v, count))
    elif verb == "pieces":
        write_lines(rest[0], pieces_cases(int(rest[1]) if len(rest) > 1 else 2_000))
    elif verb == "fixtures":
        import tokenizer_fixtures
        tokenizer_fixtures.write(Path(rest[0]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
