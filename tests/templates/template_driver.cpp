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

namespace {

std::tm fixed_time() {
  std::tm time{};
  time.tm_year = 2025 - 1900;
  time.tm_mon = 2;
  time.tm_mday = 9;
  time.tm_wday = 0;
  time.tm_yday = 67;
  time.tm_hour = 14;
  time.tm_min = 5;
  time.tm_sec = 6;
  return time;
}

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
    ridge::cli::render_jsonl(chat_template, {}, std::cin, std::cout, {.clock = fixed_time});
  } catch (const ridge::Error& error) {
    refuse_lines(error.what());
  }
}
