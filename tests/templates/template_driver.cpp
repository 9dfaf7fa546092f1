// Renders JSON lines from stdin with the template of a file, at a fixed time: our side of
// tools/reference/render_templates.py. A template that is refused answers every line with its
// error.
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "base/error.h"
#include "cli/template_jsonl.h"
#include "fixed_time.h"

namespace {

void refuse_lines(const std::string& reason) {
  const nlohmann::ordered_json answer = {{"error", reason}};
  for (std::string line; std::getline(std::cin, line);) std::cout << answer.dump() << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: template_driver TEMPLATE < CASES.jsonl\n";
    return 2;
  }
  std::ifstream file(argv[1], std::ios::binary);
  const std::string source{std::istreambuf_iterator<char>(file), {}};
  if (!file) {
    std::cerr << "cannot read " << argv[1] << '\n';
    return 1;
  }
  try {
    const auto chat_template = ridge::text::Template::parse(source);
    ridge::cli::render_jsonl(chat_template, {}, std::cin, std::cout,
                             {.clock = ridge::text::fixed_time});
  } catch (const ridge::Error& error) {
    refuse_lines(error.what());
  }
}
