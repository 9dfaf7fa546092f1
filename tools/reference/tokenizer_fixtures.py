"""The committed fixtures: two small vocabularies trained on the texts below, and what the originals make of some texts with them."""

import io

import gguf
import sentencepiece
import tokenizers
from tokenizers import models, pre_tokenizers, trainers

import make_tokenizer_cases as cases
import tokenizer_texts

N_TOKENS = 900


def training_texts():
    return tokenizer_texts.texts(3000, seed=11)


def write_vocabulary(path, model, pre, tokens, types, scores=None, merges=None):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model(model)
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    if scores:
        writer.add_token_scores(scores)
    if merges:
        writer.add_token_merges(merges)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


def small_bpe(path):
    """Merges learned without cutting the texts up, so that they would cross every boundary a pre-tokenizer sets."""
    tokenizer = tokenizers.Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(vocab_size=N_TOKENS, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), max_token_length=6)
    tokenizer.train_from_iterator(training_texts(), trainer)
    model = cases.json.loads(tokenizer.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].get)
    merges = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    special = ["<|im_start|>", "<|im_end|>"]
    write_vocabulary(path, "gpt2", "gpt-2", tokens + special, [cases.NORMAL] * len(tokens) + [cases.CONTROL] * 2, merges=merges)


def small_spm(path):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([line for t in training_texts() for line in t.split("\n") if line and "\0" not in line]), model_writer=out, vocab_size=N_TOKENS,
        model_type="bpe", byte_fallback=True, normalization_rule_name="identity", remove_extra_whitespaces=False, character_coverage=0.98,
        minloglevel=2, num_threads=1)
    p = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
    kinds = [(cases.UNKNOWN, p.is_unknown), (cases.CONTROL, p.is_control), (cases.BYTE, p.is_byte)]
    ids = range(p.vocab_size())
    types = [next((kind for kind, holds in kinds if holds(i)), cases.NORMAL) for i in ids]
    write_vocabulary(path, "llama", "default", [p.id_to_piece(i) for i in ids], types, scores=[p.get_score(i) for i in ids])


def bpe_results(path, texts, malformed):
    """(name, text, ids) for every pre-tokenizer."""
    v = cases.Vocabulary(path)
    for name, pre in cases.PRE.items():
        v.pre = name
        tokenizer = cases.hugging_face(v, pre)
        tokenizer.encode_special_tokens = True
        for text in texts:
            yield name, text.encode(), tokenizer.encode(text, add_special_tokens=False).ids
        if name != "falcon":
            yield from ((name, data, ids) for data, ids in cases.malformed_ids(v, pre, tokenizer, malformed))


def write(folder):
    folder.mkdir(parents=True, exist_ok=True)
    small_bpe(folder / "bpe.gguf")
    small_spm(folder / "spm.gguf")
    texts = [t for t in tokenizer_texts.texts(130, seed=21) if len(t.encode()) <= 60]
    malformed = [t for t in tokenizer_texts.malformed(40, seed=22) if len(t) <= 40]
    spm = cases.sentence_piece(cases.Vocabulary(folder / "spm.gguf"))
    results = [("default", data, spm.encode(data)) for data in [t.encode() for t in texts] + malformed]
    results += bpe_results(folder / "bpe.gguf", texts, malformed)
    names = {}  # most pre-tokenizers agree on most texts: one line for all that do
    for name, data, ids in results:
        names.setdefault((data, tuple(ids)), []).append(name)
    cases.write_lines(folder / "cases.txt", [cases.line(",".join(n), data, ids) for (data, ids), n in names.items()])
