#include "cli/jsonl.h"

#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/json_text.h"

namespace ridge::cli {
namespace {

using nlohmann::json;

json parse_line(const std::string& line) {
  try {
    return json::parse(line);
  } catch (const json::exception& error) {
    fail(ErrorCode::kInvalidArgument, "not JSON: ", error.what());
  }
}

std::string parse_string(const std::string& line) {
  const json value = parse_line(line);
  if (!value.is_string()) {
    fail(ErrorCode::kInvalidArgument, "expected a JSON string, found ", value.type_name());
  }
  return value.get<std::string>();
}

std::vector<int32_t> parse_ids(const std::string& line) {
  const json value = parse_line(line);
  if (!value.is_array()) {
    fail(ErrorCode::kInvalidArgument, "expected an array of token ids, found ", value.type_name());
  }
  std::vector<int32_t> ids;
  for (const json& element : value) {
    const bool fits = element.is_number_integer() && element.get<int64_t>() >= 0 &&
                      element.get<int64_t>() <= INT32_MAX;
    if (!fits) fail(ErrorCode::kInvalidArgument, "not a token id: ", dump(element));
    ids.push_back(element.get<int32_t>());
  }
  return ids;
}

}  // namespace

LineProtocol answer_lines(std::istream& in, Output& out,
                          const std::function<std::string(const std::string&)>& answer) {
  LineProtocol outcome = LineProtocol::kAllGood;
  for (std::string line; std::getline(in, line);) {
    try {
      out.line(answer(line));
    } catch (const Error& error) {
      outcome = LineProtocol::kSomeBad;
      out.line(dump(json{{"error", error.what()}}));
    }
    out.flush();  // somebody may be waiting for it at the other end of a pipe
  }
  return outcome;
}

LineProtocol encode_lines(std::istream& in, Output& out,
                          const std::function<std::vector<int32_t>(std::string_view)>& encode) {
  return answer_lines(
      in, out, [&](const std::string& line) { return dump(json(encode(parse_string(line)))); });
}

LineProtocol decode_lines(std::istream& in, Output& out,
                          const std::function<std::string(const std::vector<int32_t>&)>& decode) {
  return answer_lines(in, out,
                      [&](const std::string& line) { return dump(json(decode(parse_ids(line)))); });
}

}  // namespace ridge::cli
