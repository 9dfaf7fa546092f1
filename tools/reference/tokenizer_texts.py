"""Texts to compare tokenizers on: the same ones for the same count, on every machine."""

import random

WORDS = {
    "latin": "the of and to in is that Hello WORLD camelCase snake_case don't I'VE it's we'll résumé naïve Straße łódź İstanbul Øre ĳs ﬁne ǅ ſt",
    "greek": "και το να είναι Ελλάδα Σίσυφος ΑΘΗΝΑ άνθρωπος",
    "cyrillic": "и в не на нещо Български МОСКВА ёлка Їжак",
    "armenian": "եւ է որ Հայաստան բարեւ",
    "georgian": "და არის საქართველო გამარჯობა ᲗᲑᲘᲚᲘᲡᲘ",
    "hebrew": "את של שלום עולם יְרוּשָׁלַיִם",
    "arabic": "في من السلام عليكم مُحَمَّد العربية ۱۲۳ ٤٥٦",
    "devanagari": "के है नमस्ते हिन्दी क्षत्रिय १२३",
    "bengali": "এবং আমি বাংলা নমস্কার ১২৩",
    "gurmukhi": "ਅਤੇ ਪੰਜਾਬੀ ਸਤਿ",
    "tamil": "மற்றும் தமிழ் வணக்கம் ௧௨",
    "telugu": "మరియు తెలుగు నమస్కారం",
    "kannada": "ಮತ್ತು ಕನ್ನಡ ನಮಸ್ಕಾರ",
    "thai": "และ สวัสดี ภาษาไทย ๑๒๓",
    "lao": "ແລະ ສະບາຍດີ ລາວ",
    "khmer": "កាន់តែពិសេសអាចខលចេញ និង ខ្មែរ",
    "myanmar": "နှင့် မြန်မာ မင်္ဂလာပါ",
    "tibetan": "བོད་ཡིག བཀྲ་ཤིས་བདེ་ལེགས།",
    "ethiopic": "እና ሰላም አማርኛ",
    "han": "我 的 中文 測試 漢字 㐀 𠀀 〇 々 〢 ⺀ 日本",
    "kana": "ひらがな カタカナ ﾊﾝｶｸ を は です ー ゛",
    "hangul": "안녕하세요 한국어 그리고 ᄒ",
    "cherokee": "ᏣᎳᎩ ꮳꮃꭹ",
    "mongolian": "ᠮᠣᠩᠭᠣᠯ",
    "gothic": "𐌲𐌿𐍄 𐐀𐐨 𞤀𞤢",
    "math": "𝐀𝒷 ∑ ∫ ≤ ½ ² Ⅷ ① ℝ ℵ",
}
EMOJI = ["😀", "🦙", "👨‍👩‍👧‍👦", "😶‍🌫️", "🇩🇪", "1️⃣", "✅", "❤️", "👍🏽", "\u200d", "\ufe0f"]
SPACES = [" ", "  ", "   ", "    ", "\t", "\n", "\r\n", "\n\n", " \n", "\n ", "\t\t", "\r", "\u00a0", "\u3000", "\u2003", "\u2028", "\u0085",
          "\v", "\f", "\u200b", " \t \n \n  ", "        ", "\n\n\n\n"]
MARKS = ["!", "?", ".", ",", "...", "--", "==", "->", "::", "//", "/*", "*/", "\"", "'", "''", "`", "(", ")", "[]", "{}", "<", ">", "</", "#", "$", "%", "&", "+", "~",
         "@", "^", "|", "\\", "«", "»", "“", "”", "‘", "’", "—", "…", "。", "，", "、", "！", "～", "€", "£", "©", "¶", "§", "|>", "<|", "_", "\x00", "\x01", "\x1b", "\x7f", "\u00ad"]
ENDINGS = ["'s", "'S", "'t", "'re", "'RE", "'ve", "'Ve", "'m", "'ll", "'LL", "'d", "'D", "'x", "'ſ", "’s", "'", "'l", "'r"]
COMBINING = ["\u0301", "\u0300", "\u0323", "\u0307", "\u0327", "\u093c", "\u0f39", "\u3099", "\u20dd", "\u0345"]
CODE = [
    "def f(x):\n    return x**2 + 1\n", "for (int i = 0; i < n; ++i) {\n\tsum += a[i];\n}\n", "#include <vector>\n", "SELECT * FROM t WHERE id='42';",
    "<div class=\"a\">&nbsp;</div>", "{\"key\": [1, 2.5e-3, null, true]}", "x = lambda *a, **k: (a, k)", "https://example.org/path?q=1&r=%20#top", "if err != nil { return err }",
    "fn main() -> Result<(), Box<dyn Error>> {", "\\frac{\\partial f}{\\partial x}", "\tif [ -z \"$1\" ]; then echo 'no'; fi", "/* comment */ // more", "0xDEADBEEF 0b1010 1_000_000",
    "a.b.c->d::e", "=========\n", "---\ntitle: x\n---\n", "# Heading\n\n* item\n  * nested\n\n```py\ncode\n```\n", "print(f'{x!r:>10}')",
]


def a_word(rng):
    return rng.choice(WORDS[rng.choice(list(WORDS))].split())


def a_digit_run(rng):
    digits = rng.choice(["0123456789"] * 6 + ["٠١٢٣٤٥٦٧٨٩", "０１２３４５６７８９", "½¼²³", "ⅠⅡⅢ"])
    return "".join(rng.choice(digits) for _ in range(rng.randint(1, 12)))


def a_character(rng):
    while True:
        code = rng.choice([rng.randrange(0x80), rng.randrange(0x300), rng.randrange(0x3000), rng.randrange(0x10000), rng.randrange(0x20000), rng.randrange(0x110000)])
        if not 0xD800 <= code < 0xE000:
            return chr(code)


def a_part(rng):
    kind = rng.randrange(14)
    if kind < 4:
        return a_word(rng)
    if kind < 6:
        return rng.choice(SPACES)
    if kind == 6:
        return rng.choice(MARKS) * rng.choice([1, 1, 1, 2, 3])
    if kind == 7:
        return a_digit_run(rng)
    if kind == 8:
        return rng.choice(EMOJI)
    if kind == 9:
        return rng.choice(["We", "you", "I", "LL", "é", "中", ""]) + rng.choice(ENDINGS)
    if kind == 10:
        return rng.choice("aeouAEcкか한") + "".join(rng.choice(COMBINING) for _ in range(rng.randint(1, 3)))
    if kind == 11:
        return "".join(a_character(rng) for _ in range(rng.randint(1, 4)))
    if kind == 12:
        return rng.choice(CODE)
    return "".join(rng.choice("aAbBzZ") for _ in range(rng.randint(1, 8)))


def a_text(rng):
    kind = rng.randrange(20)
    if kind == 0:  # one character, again and again
        return rng.choice([a_character(rng), rng.choice(" \n\t=-a1.中é'\u0301")]) * rng.choice([2, 7, 31, 33, 64, 200, 700])
    if kind == 1:
        return " ".join(a_word(rng) for _ in range(rng.randint(1, 12)))
    if kind == 2:
        return "".join(rng.choice(CODE) for _ in range(rng.randint(1, 4)))
    if kind == 3:
        return "".join(rng.choice(SPACES) for _ in range(rng.randint(1, 8)))
    separator = rng.choice(["", "", " "])
    return separator.join(a_part(rng) for _ in range(rng.randint(1, 10)))


def texts(count, seed=1):
    rng = random.Random(seed)
    return [a_text(rng) for _ in range(count)]


def malformed(count, seed=2):
    """Texts as bytes, with bytes that are not UTF-8 in between."""
    rng = random.Random(seed)
    out = []
    for _ in range(count):
        data = bytearray(a_text(rng)[:200].encode())
        for _ in range(rng.randint(1, 5)):
            at = rng.randint(0, len(data))
            if rng.random() < 0.3 and data:
                del data[rng.randrange(len(data))]
            else:
                data[at:at] = rng.choice([b"\xff", b"\x80", b"\xc3", b"\xe2\x82", b"\xf0\x9f", b"\xed\xa0\x80", b"\xc0\xaf", bytes([rng.randrange(256)])])
        out.append(bytes(data))
    return out


def with_special_tokens(names, count, seed=3):
    rng = random.Random(seed)
    return ["".join(rng.choice(names) if rng.random() < 0.4 else a_part(rng) for _ in range(rng.randint(2, 8))) for _ in range(count)]
