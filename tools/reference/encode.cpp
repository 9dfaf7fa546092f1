// The reference encoders behind a C function, for make_tiny.py.
#include "tensor/dtype.h"

// Encodes n numbers as ggml type `gguf_id` into dst; returns the bytes written, 0 if it cannot.
extern "C" int64_t ridge_encode(uint32_t gguf_id, const float* src, std::byte* dst, int64_t n) {
  const auto dtype = ridge::dtype_from_gguf(gguf_id);
  if (!dtype || !ridge::info(*dtype).encode) return 0;
  ridge::info(*dtype).encode(src, dst, n);
  return ridge::row_bytes(*dtype, n);
}
