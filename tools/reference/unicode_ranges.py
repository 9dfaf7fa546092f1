#!/usr/bin/env python3
"""The tables of src/text/tokenizer/unicode.cpp: what Oniguruma in Hugging Face tokenizers says of code points that utf8proc leaves unassigned.

usage: unicode_ranges.py CATEGORIES

CATEGORIES: a line "HEX CATEGORY" for each code point, as utf8proc_category_string gives it, "Cn" for none.
"""

import sys
from pathlib import Path

from tokenizers import Regex, pre_tokenizers

CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
CLASSES = {"Lu": "kUpper", "Lt": "kUpper", "Ll": "kLower", "Lm": "kCaseless", "Lo": "kCaseless", "M": "kMark", "N": "kNumber", "P": "kPunctuation", "S": "kSymbol"}


def members(pattern):
    """Code points that match: those which a split that removes matches leaves nothing of."""
    splitter = pre_tokenizers.Split(Regex(pattern), behavior="removed")
    found = set()
    for start in range(0, len(CODE_POINTS), 4096):
        block = CODE_POINTS[start:start + 4096]
        text = "\x00".join(map(chr, block))
        kept = bytearray(len(text))
        for _, (begin, end) in splitter.pre_tokenize_str(text):
            kept[begin:end] = b"\x01" * (end - begin)
        found.update(c for i, c in enumerate(block) if not kept[2 * i])
    return found


def ranges(labels):
    """(first, last, label) of neighbours with the same label."""
    out = []
    for code in sorted(labels):
        if out and out[-1][1] == code - 1 and out[-1][2] == labels[code]:
            out[-1] = (out[-1][0], code, labels[code])
        else:
            out.append((code, code, labels[code]))
    return out


def main(path):
    category = {int(code, 16): name for code, name in (line.split() for line in Path(path).read_text().splitlines())}
    since = {}
    for name, label in CLASSES.items():
        for code in members(rf"\p{{{name}}}"):
            if category[code] == "Cn":
                since[code] = label
            elif not category[code].startswith(name):
                sys.exit(f"U+{code:04X} is {name} there and {category[code]} in utf8proc")
    print("kSinceUnicode15")
    for first, last, label in ranges(since):
        print(f"    {{0x{first:X}, 0x{last:X}, {label}}},")
    print("kHan")
    for first, last, _ in ranges(dict.fromkeys(members(r"\p{Han}"), "")):
        print(f"    {{0x{first:X}, 0x{last:X}}},")


if __name__ == "__main__":
    main(*sys.argv[1:]) if len(sys.argv) == 2 else sys.exit(__doc__)
