#include "chat/parameter_writer.h"

#include "base/strcat.h"
#include "base/utf8.h"

namespace ridge::chat {

void ParameterWriter::begin(std::string_view name, std::optional<ValueKind> said) {
  name_ = name;
  kind_ = value_kind(tool_, name_, said.value_or(ValueKind::kText));
  if (said && kind_ == ValueKind::kEither) kind_ = *said;
  in_value_ = true;
  quoted_ = false;
  at_start_ = true;
  text_.clear();
}

// The key and what stands before it, when its value is certain to follow.
std::string ParameterWriter::opening() {
  std::string out = begun_ ? ", " : "{";
  begun_ = true;
  return out + json_string(name_) + ": ";
}

std::string ParameterWriter::value(std::string_view text) {
  if (at_start_ && !text.empty()) {
    if (text.front() == '\n' && of_tags()) text.remove_prefix(1);
    at_start_ = false;
  }
  text_ += text;
  if (kind_ != ValueKind::kText) return {};
  // The last line end waits: it may be the one in front of the closing tag.
  const size_t kept = text_.ends_with('\n') && of_tags() ? 1 : 0;
  std::string ready = text_.substr(0, text_.size() - kept);
  const auto cut = find_invalid_utf8(ready);
  if (cut && ready.size() - *cut < 4) ready.resize(*cut);  // a character that is not whole yet
  text_.erase(0, ready.size());
  if (ready.empty()) return {};
  return escaped(ready);
}

std::string ParameterWriter::escaped(std::string_view text) {
  const std::string quoted = json_string(text);
  const std::string inside = quoted.substr(1, quoted.size() - 2);
  if (quoted_) return inside;
  quoted_ = true;
  return opening() + "\"" + inside;
}

std::string ParameterWriter::end() {
  if (!in_value_) return {};
  in_value_ = false;
  if (text_.ends_with('\n') && of_tags()) text_.pop_back();
  if (kind_ == ValueKind::kText) return escaped(text_) + "\"";
  return opening() + json_of_text(kind_, text_);
}

std::string ParameterWriter::close() {
  std::string out;
  if (in_value_ && quoted_) out = "\"";
  in_value_ = false;
  return out + (begun_ ? "}" : "{}");
}

}  // namespace ridge::chat
