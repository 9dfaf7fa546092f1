// The other roof of the roofline: multiply-adds per second that this back end reaches where memory
// does not matter. Measured with its own matmul on a matrix that fits the caches and many columns,
// since every type and kernel level has a limit of its own. One thread.
#pragma once

#include "backend/backend.h"
#include "gguf/file.h"

namespace ridge {

// Multiply-adds/s, the best of some runs, ~0.3 s.
double measure_mac_roof(Backend& backend, DType dtype);

// Bytes of weights/s that a product with one column reads, from a matrix that no cache holds: what
// decode is made of. ~0.5 s.
double measure_weight_rate(Backend& backend, DType dtype);

// The type that most multiply-adds of a token go through: most bytes are not most work.
DType main_weight_type(const gguf::File& file);

}  // namespace ridge
