// The committed answers of all families, for tests.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "chat/family.h"

namespace ridge::chat {

struct RecordedOutput {
  const Family* family = nullptr;
  std::string title, text;
  nlohmann::json meaning;
};

struct RecordedOutputs {
  AnswerRules rules;
  std::vector<RecordedOutput> outputs;
};

inline RecordedOutputs recorded_outputs() {
  RecordedOutputs out;
  std::ifstream file("tests/fixtures/chat/outputs.jsonl");
  for (std::string line; std::getline(file, line);) {
    nlohmann::json json = nlohmann::json::parse(line);
    if (json.contains("tools")) {
      const auto in_order = nlohmann::ordered_json::parse(line);  // as grammars have members
      for (const auto& tool : in_order["tools"]) {
        out.rules.tools.push_back({tool["name"], "", tool["parameters"].dump(), false});
      }
      continue;
    }
    out.outputs.push_back({find_family(json["family"].get<std::string>()), json["title"],
                           json["text"], std::move(json)});
  }
  return out;
}

}  // namespace ridge::chat
