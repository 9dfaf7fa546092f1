// CpuBuffer: a Buffer in this process's memory, zeroed and page-aligned. data_of() is the one place
// where the CPU back end turns a tensor view into a pointer.
#pragma once

#include "backend/tensor.h"
#include "cpu/mapped_memory.h"

namespace ridge::cpu {

class CpuBuffer final : public Buffer {
 public:
  explicit CpuBuffer(size_t n_bytes) : memory_(n_bytes, "a buffer") {}
  size_t size() const override { return memory_.size(); }
  std::byte* data() const { return memory_.data(); }

 private:
  MappedMemory memory_;
};

inline std::byte* bytes_of(const Tensor& t) {
  return static_cast<CpuBuffer*>(t.buffer)->data() + t.offset;
}

// First element; T is the plain type of t.dtype (float, f16).
template <class T>
T* data_of(const Tensor& t) {
  return reinterpret_cast<T*>(bytes_of(t));
}

}  // namespace ridge::cpu
