// Elementwise verbs of the CPU back end; see Backend for the meaning.
#pragma once

#include "backend/backend.h"
#include "cpu/context.h"

namespace ridge::cpu {

void gated_activation(Context& context, const Tensor& out, const Tensor& gate, const Tensor& up,
                      Activation activation);
void activation(Context& context, const Tensor& x, Activation activation);
void copy(Context& context, const Tensor& out, const Tensor& x);
void add(Context& context, const Tensor& out, const Tensor& x);
void softcap(Context& context, const Tensor& x, float cap);
void scale(Context& context, const Tensor& x, float factor);
void scale_rows(Context& context, const Tensor& x, std::span<const float> factors);
void gather_rows(Context& context, const Tensor& out, const Tensor& x,
                 std::span<const int32_t> rows);

}  // namespace ridge::cpu
