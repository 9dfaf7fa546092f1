// Pattern: what regular expressions and GBNF rules have in common, as a tree, and how it is written
// as a grammar: as it stands, or as the inside of a JSON string. Deep trees are never built:
// whoever parses counts levels.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "grammar/char_set.h"
#include "grammar/ebnf.h"

namespace ridge::grammar {

struct Pattern {
  enum class Kind {
    kChars,     // one character of the set
    kSequence,  // of its parts; none: the empty text
    kChoice,    // one of its parts, of which there are some
    kRepeat,    // its only part, min to max times
    kRule,      // a rule by name; regular expressions have none
  };
  Kind kind = Kind::kSequence;
  CharSet chars;
  std::vector<Pattern> parts;
  int64_t min = 0;
  int64_t max = -1;  // -1: no limit
  std::string rule;  // as the source calls it

  static Pattern one_of(CharSet chars);
  static Pattern sequence(std::vector<Pattern> parts);
  static Pattern choice(std::vector<Pattern> parts);
  static Pattern repeated(Pattern part, int64_t min, int64_t max);
};

enum class Spelling { kPlain, kJsonString };

// Throws Error{kInvalidArgument} for a set without characters and beyond the limits of `ebnf`.
// kRule parts are looked up in `rules` (source's name to grammar's name).
std::string write_pattern(Ebnf& ebnf, const Pattern& pattern, Spelling spelling,
                          const std::map<std::string, std::string>& rules = {});

// Some characters one by one, then any number of a kind: [a-z_][a-z0-9_]{0,63}.
struct ClassRun {
  std::vector<CharSet> first;
  CharSet rest;
  int64_t min = 0;
  int64_t max = -1;  // of `rest`; -1: no limit
};
// Nothing: the pattern is no such run.
std::optional<ClassRun> class_run(const Pattern& pattern);

// A character inside a JSON string, written plainly or as an escape.
std::string json_char(const CharSet& chars);

}  // namespace ridge::grammar
