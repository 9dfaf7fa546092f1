// The members of a JSON object as a grammar: the named ones in their order, then others.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "grammar/ebnf.h"

namespace ridge::grammar {

// Names without quotes.
inline constexpr const char* kBareName = "[A-Za-z_] [A-Za-z0-9_.-]*";

bool is_bare_name(const std::string& name);

struct ObjectRules {
  enum class Names { kQuoted, kBare, kKeyword };  // kKeyword: NAME=VALUE, without braces
  struct Member {
    std::string name;
    std::string value;  // expression
    bool required = false;
  };
  std::vector<Member> members;
  Names names = Names::kQuoted;
  std::string other_value;  // expression of the values of further members; empty: there are none
  std::string other_name;   // … of their names, quotes included; empty: any other than `members`
  int64_t min = 0;
  int64_t max = -1;  // -1: no limit
};

// A sentence, when the counts cannot be kept: a name may come twice, and then counts once.
std::string problem_of_counts(const ObjectRules& rules);
std::string write_object_rules(Ebnf& ebnf, const ObjectRules& rules);

}  // namespace ridge::grammar
