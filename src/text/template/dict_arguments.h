// The arguments of dict() and namespace(): a mapping or pairs, then keywords.
#pragma once

#include <vector>

#include "text/template/semantics.h"

namespace ridge::text {

std::vector<DictData::Item> dict_items(Runtime& rt, const CallArgs& args);

}  // namespace ridge::text
