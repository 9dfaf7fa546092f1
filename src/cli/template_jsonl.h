// `ridge template --jsonl`: renders one JSON object of variables a line. One thread.
#pragma once

#include <iosfwd>
#include <vector>

#include "text/template/template.h"

namespace ridge::cli {

// Reads JSON objects from `in`, one a line (`messages`, `tools`, `add_generation_prompt` and any
// other variables), and writes for each the rendered text as one JSON string a line, or
// {"error": …} with the reason. Variables are passed as they are: an absent one is undefined.
// defaults: variables of the model (bos_token, …) that a line may override.
void render_jsonl(const text::Template& chat_template,
                  const std::vector<text::DictData::Item>& defaults, std::istream& in,
                  std::ostream& out, const text::RenderOptions& options = {});

}  // namespace ridge::cli
