"""Splits a GGUF file into parts as llama-gguf-split does: all metadata in the first, tensors in each."""

import math
import struct

SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
STRING, ARRAY = 8, 9
UINT16, INT32 = 2, 5
ALIGNMENT = 32


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def number(self, form):
        value = struct.unpack_from("<" + form, self.data, self.at)[0]
        self.at += struct.calcsize(form)
        return value

    def text(self):
        n = self.number("Q")
        self.at += n
        return self.data[self.at - n:self.at]

    def skip(self, kind):
        if kind == STRING:
            self.text()
        elif kind == ARRAY:
            inner, n = self.number("I"), self.number("Q")
            for _ in range(n):
                self.skip(inner)
        else:
            self.at += SIZES[kind]


def padded(data):
    return data + b"\0" * (-len(data) % ALIGNMENT)


def entry(key, kind, form, value):
    return struct.pack("<Q", len(key)) + key + struct.pack("<I" + form, kind, value)


def tensors_of(data, reader, n_tensors):
    """(name, dimensions and type, bytes) of each."""
    infos = []
    for _ in range(n_tensors):
        name, n_dims = reader.text(), reader.number("I")
        begin = reader.at
        reader.at += 8 * n_dims + 4
        infos.append((name, struct.pack("<I", n_dims) + data[begin:reader.at], reader.number("Q")))
    start = math.ceil(reader.at / ALIGNMENT) * ALIGNMENT
    ends = sorted(offset for _, _, offset in infos) + [len(data) - start]
    return [(name, shape, data[start + offset:start + ends[ends.index(offset) + 1]]) for name, shape, offset in infos]


def split(data, n_parts, stem):
    """name of each part -> its bytes."""
    reader = Reader(data)
    assert reader.number("I") == 0x46554747
    version, n_tensors, n_entries = reader.number("I"), reader.number("Q"), reader.number("Q")
    begin = reader.at
    for _ in range(n_entries):
        reader.text()
        reader.skip(reader.number("I"))
    metadata = data[begin:reader.at]
    tensors = tensors_of(data, reader, n_tensors)
    parts = {}
    for i in range(n_parts):
        own = tensors[i * n_tensors // n_parts:(i + 1) * n_tensors // n_parts]
        entries = entry(b"split.no", UINT16, "H", i) + entry(b"split.count", UINT16, "H", n_parts)
        entries += entry(b"split.tensors.count", INT32, "i", n_tensors)
        header = struct.pack("<IIQQ", 0x46554747, version, len(own), 3 + (n_entries if i == 0 else 0))
        header += (metadata if i == 0 else b"") + entries
        body = b""
        for name, shape, content in own:
            header += struct.pack("<Q", len(name)) + name + shape + struct.pack("<Q", len(body))
            body = padded(body + content)
        parts[f"{stem}-{i + 1:05}-of-{n_parts:05}.gguf"] = padded(header) + body
    return parts
