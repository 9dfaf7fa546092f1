// Our own small templates, one feature or quirk each, against the renders of Python's Jinja2 that
// tools/reference/render_templates.py wrote down.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/json_value.h"
#include "text/template/template.h"

namespace ridge::text {
namespace {

std::tm fixed_time() {
  std::tm time{};
  time.tm_year = 2025 - 1900;
  time.tm_mon = 2;
  time.tm_mday = 9;
  time.tm_yday = 67;
  time.tm_hour = 14;
  time.tm_min = 5;
  time.tm_sec = 6;
  return time;
}

TEST(TemplateFeatures, RenderAsPythonDoesAndRaiseWherePythonRaises) {
  std::ifstream file("tests/templates/features.json");
  ASSERT_TRUE(file);
  const auto fixture = nlohmann::ordered_json::parse(file);
  const Value variables = cli::to_value(fixture["variables"]);
  ASSERT_GT(fixture["renders"].size(), 150u);
  for (const auto& row : fixture["renders"]) {
    const std::string source = row[0];
    SCOPED_TRACE(source);
    const auto render = [&] {
      return Template::parse(source).render(variables, {.clock = fixed_time}).bytes;
    };
    if (row[1].is_null()) {
      EXPECT_THROW(render(), Error);
      continue;
    }
    try {
      EXPECT_EQ(render(), row[1].get<std::string>());
    } catch (const Error& error) {
      ADD_FAILURE() << "raised: " << error.what();
    }
  }
}

}  // namespace
}  // namespace ridge::text
