#include "chat/call_object.h"

#include <nlohmann/json.hpp>

namespace ridge::chat {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// The text of a JSON string; what is none, as it stands.
std::string text_of_json(const std::string& json) {
  const auto value = nlohmann::json::parse(json, nullptr, false);
  return value.is_string() ? value.get<std::string>() : json;
}

}  // namespace

size_t CallObject::push(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && state_ == State::kRunning && step(bytes[taken])) ++taken;
  return taken;
}

bool CallObject::broken() {
  state_ = State::kBroken;
  return false;
}

CallObject::Member CallObject::member_of(std::string_view key) {
  if (key == "name" || key == "tool_name" || key == "function_name" || key == "tool") {
    return Member::kName;
  }
  if (key == "arguments" || key == "parameters" || key == "args" || key == "input") {
    return Member::kArguments;
  }
  if (key == "id" || key == "call_id" || key == "tool_call_id") return Member::kId;
  return key == "function" ? Member::kFunction : Member::kOther;
}

bool CallObject::step(char c) {
  switch (expect_) {
    case Expect::kBegin:
      if (is_space(c)) return true;
      if (c != '{') return broken();
      ++levels_;
      expect_ = Expect::kKey;
      value_ = JsonReader();
      return true;
    case Expect::kKey:
      return step_key(c);
    case Expect::kColon:
      if (is_space(c)) return true;
      if (c != ':') return broken();
      expect_ = Expect::kValue;
      begin_value();
      return true;
    case Expect::kValue:
      return step_value(c);
    case Expect::kNext:
      if (is_space(c)) return true;
      if (c == ',') {
        expect_ = Expect::kKey;
        value_ = JsonReader();
        return true;
      }
      if (c != '}') return broken();
      if (--levels_ == 0) state_ = name_.empty() ? State::kBroken : State::kDone;
      return true;
  }
  return false;
}

bool CallObject::step_key(char c) {
  if (!value_.has_begun()) {
    if (is_space(c)) return true;
    if (c == '}') {
      expect_ = Expect::kNext;
      return step(c);
    }
    if (c != '"' && c != '\'') return broken();
    value_text_.clear();
  }
  if (value_.push(std::string_view(&c, 1)) == 0) return broken();
  if (value_.state() == JsonReader::State::kDone) {
    const std::string key = text_of_json(value_.take());
    const bool is_name = form_ == Form::kByName && name_.empty();
    if (is_name) name_ = key;
    member_ = is_name ? Member::kArguments : member_of(key);
    expect_ = Expect::kColon;
  }
  return true;
}

void CallObject::begin_value() {
  value_ = JsonReader();
  value_text_.clear();
}

bool CallObject::step_value(char c) {
  if (member_ == Member::kFunction && c == '{') {
    expect_ = Expect::kBegin;
    return step(c);
  }
  if (member_ == Member::kFunction && !value_.has_begun() && c == '"') member_ = Member::kName;
  const bool to_arguments = member_ == Member::kArguments && (c == '{' || arguments_.has_begun());
  JsonReader& reader = to_arguments && !value_.has_begun() ? arguments_ : value_;
  const size_t taken = reader.push(std::string_view(&c, 1));
  if (reader.state() == JsonReader::State::kBroken) return broken();
  if (&reader == &arguments_) pending_arguments_ += arguments_.take();
  if (reader.state() != JsonReader::State::kDone) return true;
  end_value();
  expect_ = Expect::kNext;
  return taken == 1 || step(c);
}

void CallObject::end_value() {
  const std::string value = value_.take();
  if (member_ == Member::kName && value.starts_with('"')) name_ = text_of_json(value);
  if (member_ == Member::kId && value.starts_with('"')) id_ = text_of_json(value);
  // Arguments as a string that holds JSON, as the API writes them.
  if (member_ == Member::kArguments && value.starts_with('"')) {
    const std::string inner = text_of_json(value);
    arguments_.push(inner);
    pending_arguments_ += arguments_.take();
  }
}

std::string CallObject::take_arguments() {
  std::string out;
  out.swap(pending_arguments_);
  return out;
}

std::string CallObject::close_arguments() {
  std::string out = take_arguments();
  const bool begun = arguments_.has_begun();
  out += arguments_.close();
  return begun ? out : "{}";
}

}  // namespace ridge::chat
