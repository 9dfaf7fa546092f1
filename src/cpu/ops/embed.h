// embed of the CPU back end; see Backend for the meaning.
#pragma once

#include "backend/backend.h"
#include "cpu/context.h"

namespace ridge::cpu {

void embed(Context& context, const Tensor& out, const Weight& table, std::span<const int32_t> ids,
           float scale);

}  // namespace ridge::cpu
