#!/usr/bin/env python3
"""The `gguf` Python package on the other side of src/gguf/peer_test.cpp.

usage: gguf_peer.py write OUT      a file with every value type and some tensors
       gguf_peer.py dump FILE      keys, types, values and tensors of a file, one a line
"""
import hashlib
import sys

import numpy as np
import gguf


def write(path):
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_uint8("u8", 200)
    writer.add_int8("i8", -100)
    writer.add_uint16("u16", 60000)
    writer.add_int16("i16", -30000)
    writer.add_uint32("u32", 4000000000)
    writer.add_int32("i32", -2000000000)
    writer.add_uint64("u64", 2**64 - 1)
    writer.add_int64("i64", -(2**63))
    writer.add_float32("f32", 0.1)
    writer.add_float64("f64", 0.1)
    writer.add_bool("b", True)
    writer.add_string("s", "naïve \n text")
    writer.add_array("ints", [-1, 2, 3])
    writer.add_array("floats", [0.5, -2.0])
    writer.add_array("strings", ["a", "", "日本"])
    writer.add_array("bools", [True, False])
    f32 = np.arange(15, dtype=np.float32).reshape(3, 5)
    writer.add_tensor("f32", f32)
    writer.add_tensor("f16", f32.astype(np.float16))
    q8 = gguf.quants.quantize(np.arange(128, dtype=np.float32).reshape(2, 64), gguf.GGMLQuantizationType.Q8_0)
    writer.add_tensor("q8_0", q8, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def dump(path):
    reader = gguf.GGUFReader(path)
    for field in reader.fields.values():
        if not field.name.startswith("GGUF."):
            types = "[]".join(t.name.lower() for t in reversed(field.types))
            print("key", field.name, types, repr(field.contents()))
    for tensor in reader.tensors:
        dims = "x".join(str(d) for d in tensor.shape)
        digest = hashlib.sha256(tensor.data.tobytes()).hexdigest()
        print("tensor", tensor.name, tensor.tensor_type.name, dims, digest)


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("write", "dump"):
        sys.exit(__doc__)
    {"write": write, "dump": dump}[sys.argv[1]](sys.argv[2])
