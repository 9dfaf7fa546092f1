#!/usr/bin/env python3
"""Writes tests/fixtures/quant/<TYPE>.bin: what the `gguf` package says each tensor type means.

Run from the repository root. src/tensor/dtype_test.cpp reads the files; all integers and floats are
little-endian:
  u32 ggml type, u32 CRC of decoded random blocks, u32 CRC of encoded random numbers (0: the package
  has no encoder), u32 n edge blocks, the edge blocks, their decoded elements as f32.
Random blocks and numbers come from SplitMix64 in counter mode, which the test repeats. A NaN counts
as 0x7fc00000.
"""
import os
import struct
import zlib

import numpy as np
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType as T, quants

OUT = "tests/fixtures/quant"
N_RANDOM_BLOCKS = 2048
N_RANDOM_NUMBERS = 1 << 16
BLOCK_SEED, NUMBER_SEED, EDGE_SEED = 1, 2, 3

# 0, least and greatest subnormal, least normal, 1, -1, greatest, least, +inf, -inf, NaN
EDGE_SCALES = [0x0000, 0x0001, 0x03FF, 0x0400, 0x3C00, 0xBC00, 0x7BFF, 0xFBFF, 0x7C00, 0xFC00, 0x7E00]

# Offsets of the f16 fields in a block; MXFP4 and IQ1_M store their scale in other ways.
SCALE_OFFSETS = {
    T.F16: [0], T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2], T.Q8_0: [0],
    T.Q2_K: [80, 82], T.Q3_K: [108], T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
    T.IQ1_S: [0], T.IQ2_XXS: [0], T.IQ2_XS: [0], T.IQ2_S: [0], T.IQ3_XXS: [0], T.IQ3_S: [0],
    T.IQ4_NL: [0], T.IQ4_XS: [0], T.TQ1_0: [52], T.TQ2_0: [64],
}
TYPES = list(SCALE_OFFSETS) + [T.F32, T.BF16, T.IQ1_M, T.MXFP4]


def splitmix64(seed, n):
    """The first n outputs of SplitMix64 (Steele et al. 2014) from state `seed`."""
    z = np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


def random_bytes(seed, n):
    return splitmix64(seed, (n + 7) // 8).view(np.uint8)[:n]


def random_numbers(seed, n):
    """Bell-shaped, exact in f32; every 256 have a power of two of their own, each 16th 256 are 0."""
    words = splitmix64(seed, n).view(np.uint16).reshape(n, 4)
    numbers = words.astype(np.int32).sum(axis=1).astype(np.float32) - np.float32(131070)
    group = np.arange(n) // 256 % 16
    return np.where(group == 15, np.float32(0), np.ldexp(numbers, -group - 12)).astype(np.float32)


def decode(blocks, qtype):
    with np.errstate(all="ignore"):
        return quants.dequantize(blocks, qtype).astype(np.float32).ravel()


def canonical(values):
    bits = values.view(np.uint32).copy()
    bits[np.isnan(values)] = 0x7FC00000
    return bits.tobytes()


def encoded_crc(qtype):
    numbers = random_numbers(NUMBER_SEED, N_RANDOM_NUMBERS)
    try:
        with np.errstate(all="ignore"):
            return zlib.crc32(quants.quantize(numbers.reshape(-1, 256), qtype).tobytes())
    except NotImplementedError:
        return 0


def put_iq1_m_scale(block, bits):
    for i in range(4):
        block[2 * i + 49] = block[2 * i + 49] & 0x0F | (bits >> (4 * i) & 15) << 4


def edge_blocks(qtype, block_bytes):
    blocks = random_bytes(EDGE_SEED, len(EDGE_SCALES) * block_bytes).reshape(-1, block_bytes).copy()
    for block, bits in zip(blocks, EDGE_SCALES):
        for offset in SCALE_OFFSETS.get(qtype, []):
            block[offset:offset + 2] = (bits & 255, bits >> 8)
        if qtype == T.IQ1_M:
            put_iq1_m_scale(block, bits)
        if qtype == T.MXFP4:
            block[0] = (0, 1, 2, 127, 254, 255)[EDGE_SCALES.index(bits) % 6]
    return blocks


def main():
    os.makedirs(OUT, exist_ok=True)
    for qtype in TYPES:
        block_bytes = GGML_QUANT_SIZES[qtype][1]
        random = random_bytes(BLOCK_SEED, N_RANDOM_BLOCKS * block_bytes).reshape(-1, block_bytes)
        edges = edge_blocks(qtype, block_bytes)
        with open(f"{OUT}/{qtype.name}.bin", "wb") as f:
            f.write(struct.pack("<4I", qtype, zlib.crc32(canonical(decode(random, qtype))),
                                encoded_crc(qtype), len(edges)))
            f.write(edges.tobytes())
            f.write(canonical(decode(edges, qtype)))


if __name__ == "__main__":
    main()
