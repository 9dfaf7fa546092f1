// Our own small templates, one feature or quirk each, against the renders of Python's Jinja2 that
// tools/reference/render_templates.py wrote down.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "cli/json_value.h"
#include "fixed_time.h"
#include "text/template/template.h"

namespace ridge::text {
namespace {

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
