#include "chat/python_call.h"

#include <utility>

#include "chat/typed_value.h"

namespace ridge::chat {
namespace {

constexpr size_t kLongestPythonName = 256;

bool is_python_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Tools have names with dots and dashes too.
bool is_name_byte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

}  // namespace

size_t PythonCall::push(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && state_ == State::kRunning && step(bytes[taken])) ++taken;
  return taken;
}

bool PythonCall::broken() {
  state_ = State::kBroken;
  return false;
}

bool PythonCall::step(char c) {
  switch (expect_) {
    case Expect::kName:
      return step_name(c);
    case Expect::kKey:
      return step_key(c);
    case Expect::kEquals:
      if (is_python_blank(c)) return true;
      if (c != '=') return broken();
      expect_ = Expect::kValue;
      value_ = JsonReader();
      written_ = false;
      return true;
    case Expect::kValue:
      return step_value(c);
    case Expect::kNext:
      if (is_python_blank(c)) return true;
      if (c == ',') {
        expect_ = Expect::kKey;
        key_.clear();
        return true;
      }
      if (c != ')') return broken();
      state_ = State::kDone;
      return true;
  }
  return false;
}

bool PythonCall::step_name(char c) {
  if (name_.empty() && is_python_blank(c)) return true;
  if (is_name_byte(c) && name_.size() < kLongestPythonName) {
    name_ += c;
    return true;
  }
  if (c != '(' || name_.empty()) return broken();
  expect_ = Expect::kKey;
  return true;
}

// A key, or the end of the call: a comma may be one too many.
bool PythonCall::step_key(char c) {
  if (is_name_byte(c)) {
    key_ += c;
    return true;
  }
  if (key_.empty() && is_python_blank(c)) return true;
  expect_ = key_.empty() ? Expect::kNext : Expect::kEquals;
  return key_.empty() && c != ')' ? broken() : step(c);
}

bool PythonCall::step_value(char c) {
  const size_t taken = value_.push(std::string_view(&c, 1));
  write_value(value_.take());
  if (value_.state() == JsonReader::State::kBroken) return broken();
  if (value_.state() == JsonReader::State::kRunning) return true;
  expect_ = Expect::kNext;
  return taken == 1 || step(c);
}

// The key waits until its value is certain to follow.
void PythonCall::write_value(const std::string& json) {
  if (json.empty()) return;
  if (!written_) pending_ += (begun_ ? ", " : "{") + json_string(key_) + ": ";
  begun_ = written_ = true;
  pending_ += json;
}

std::string PythonCall::take_arguments() {
  return std::exchange(pending_, {});
}

std::string PythonCall::close_arguments() {
  std::string out = take_arguments();
  if (expect_ == Expect::kValue && written_) out += value_.close();
  return out + (begun_ ? "}" : "{}");
}

}  // namespace ridge::chat
