#include "cli/template_jsonl.h"

#include <istream>
#include <nlohmann/json.hpp>
#include <ostream>
#include <string>

#include "base/error.h"
#include "cli/json_text.h"
#include "cli/json_value.h"

namespace ridge::cli {
namespace {

using nlohmann::ordered_json;
using text::Value;

Value parse_variables(const std::string& line, const std::vector<text::DictData::Item>& defaults) {
  const auto json = ordered_json::parse(line, nullptr, false);
  if (json.is_discarded()) fail(ErrorCode::kInvalidArgument, "the line is not JSON");
  if (!json.is_object()) fail(ErrorCode::kInvalidArgument, "the line is not a JSON object");
  std::vector<text::DictData::Item> variables = defaults;
  const Value given = to_value(json);
  const auto& items = given.dict().items();
  variables.insert(variables.end(), items.begin(), items.end());
  return Value::dict(std::move(variables));
}

}  // namespace

void render_jsonl(const text::Template& chat_template,
                  const std::vector<text::DictData::Item>& defaults, std::istream& in,
                  std::ostream& out, const text::RenderOptions& options) {
  for (std::string line; std::getline(in, line);) {
    ordered_json result;
    try {
      result = chat_template.render(parse_variables(line, defaults), options).bytes;
    } catch (const Error& error) {
      result = {{"error", error.what()}};
    }
    out << dump(result) << '\n' << std::flush;
  }
}

}  // namespace ridge::cli
