// The filter `tojson` as transformers defines it: Python's json.dumps with ensure_ascii off.
#pragma once

#include "text/template/object.h"

namespace ridge::text {

Value filter_tojson(Runtime& rt, const Value& input, const CallArgs& args);

}  // namespace ridge::text
