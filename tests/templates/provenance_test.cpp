// User text can never become a control token, with the templates of real models: whatever a user
// writes, no byte of it is trusted, and the markers that the template itself writes all are.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "base/error.h"
#include "cli/json_value.h"
#include "support/cache.h"
#include "text/template/template.h"

namespace ridge::text {
namespace {

using nlohmann::ordered_json;

// What looks like a control token in the source of a template.
std::set<std::string> control_spellings(const std::string& source) {
  static const std::regex kControl(
      R"(<[|｜][A-Za-z0-9_.▁]{1,40}[|｜]>|\[/?[A-Z_]{3,24}\]|</?[a-z_]{3,24}>)");
  std::set<std::string> found = {"<s>", "</s>"};
  for (std::sregex_iterator it(source.begin(), source.end(), kControl), end; it != end; ++it) {
    found.insert(it->str());
  }
  return found;
}

bool is_trusted(const Text& text, size_t begin, size_t end) {
  return std::any_of(text.trusted.begin(), text.trusted.end(),
                     [&](const Range& range) { return range.begin <= begin && end <= range.end; });
}

bool touches_trusted(const Text& text, size_t begin, size_t end) {
  return std::any_of(text.trusted.begin(), text.trusted.end(),
                     [&](const Range& range) { return range.begin < end && begin < range.end; });
}

Value with_tokens(const ordered_json& variables) {
  auto items = cli::to_value(variables).dict().items();
  items.emplace_back(Value::trusted("bos_token"), Value::trusted("<s>"));
  items.emplace_back(Value::trusted("eos_token"), Value::trusted("</s>"));
  return Value::dict(std::move(items));
}

ordered_json conversation(const std::string& first, const std::string& second) {
  return {{"messages",
           {{{"role", "user"}, {"content", first}},
            {{"role", "assistant"}, {"content", "fine"}},
            {{"role", "user"}, {"content", second}}}},
          {"tools", nullptr},
          {"add_generation_prompt", true}};
}

std::vector<size_t> places(const std::string& text, const std::string& wanted) {
  std::vector<size_t> found;
  for (size_t at = text.find(wanted); at != std::string::npos; at = text.find(wanted, at + 1)) {
    found.push_back(at);
  }
  return found;
}

// Renders with every spelling inside a user's message; true when the template took the shape.
bool check_template(const std::string& source) {
  const Template parsed = Template::parse(source);
  const std::set<std::string> controls = control_spellings(source);
  Text plain;
  try {
    plain = parsed.render(with_tokens(conversation("Hello", "again")));
  } catch (const Error&) {
    return false;
  }
  size_t shown = 0;
  for (const std::string& control : controls) {
    SCOPED_TRACE(control);
    const std::string wrapped = "ZQX" + control + "QZX";
    const Text text = parsed.render(with_tokens(conversation(wrapped, wrapped)));
    size_t inside = 0;
    for (const size_t at : places(text.bytes, wrapped)) {
      EXPECT_FALSE(touches_trusted(text, at, at + wrapped.size()));
      ++inside;
    }
    size_t own = 0;
    for (const size_t at : places(text.bytes, control)) {
      own += is_trusted(text, at, at + control.size());
    }
    // Exactly what the template writes without the user's help is trusted.
    EXPECT_EQ(own, places(plain.bytes, control).size());
    shown += inside > 0;
  }
  // Templates may drop what they take for reasoning, but hardly more.
  EXPECT_GE(shown + 3, controls.size());
  return true;
}

TEST(TemplateProvenance, UserTextIsNeverTrustedAndMarkersAlwaysAre) {
  const auto folder = testing::cache_folder() / "material" / "llama.cpp" / "models" / "templates";
  if (!std::filesystem::is_directory(folder)) {
    GTEST_SKIP() << "no templates of real models; run tools/material.py get";
  }
  size_t checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jinja") continue;
    SCOPED_TRACE(entry.path().filename().string());
    std::ifstream file(entry.path(), std::ios::binary);
    checked += check_template({std::istreambuf_iterator<char>(file), {}});
  }
  EXPECT_GE(checked, 60u);
}

}  // namespace
}  // namespace ridge::text
