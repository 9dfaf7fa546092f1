// `ridge plan --jsonl`: one question a line, one answer a line, for scripts and for scoring
// predictions against measurements. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "planner/plan.h"

namespace ridge::planner {

// The question has `model`, `quant` and `hardware`, and may have `engine`, `kv_type`, `depth`,
// `streams`, `pp_tokens` and `tg_tokens`. The answer, one JSON object without a line feed: `fits`,
// `bytes` by class, rates with their 80 % intervals (decode of all streams together), what a token
// reads and computes. Throws Error for a question that has no answer.
std::string answer_line(const Catalogues& catalogues, std::string_view question);

}  // namespace ridge::planner
