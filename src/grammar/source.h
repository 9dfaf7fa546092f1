// Source: what an answer may say, as a request or a family of models puts it, before it is
// compiled. Plain values: copy and compare freely, from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ridge::grammar {

// Members beside those that `properties` names come only where a schema speaks of them
// (additionalProperties); this is about items after those of prefixItems.
enum class Extras {
  kAsSchemaSays,  // any may come, unless the schema forbids them
  kNever,         // none may come, unless the schema says what they are like (tools)
};

// How the members of an object are written that is no JSON: before_name NAME before_value VALUE
// after_value line_end. Strings stand as they are, so that after_value comes in none of them. With
// control tokens as in Literal.
struct Tags {
  std::string before_name, before_value, after_value, line_end;
  std::vector<std::string> attributes = {};  // one of them in front of before_value; none: nothing
  bool operator==(const Tags&) const = default;
};

struct JsonSchema {
  std::string schema;  // JSON text
  Extras extras = Extras::kAsSchemaSays;
  std::optional<Tags> tags = std::nullopt;  // of its members; none: JSON
  // Not empty: names are bare and in the order of the alphabet, and strings stand as they are
  // between two of these, a control token perhaps.
  std::string quote = {};
  // The members of an object as Python's keyword arguments, NAME=VALUE, and their words as Python's
  // or as JSON's. What stands inside a value is JSON.
  bool keywords = false;
  bool operator==(const JsonSchema&) const = default;
};
struct AnyJson {  // a whole JSON value
  enum class Root { kObject, kValue };
  Root root = Root::kObject;
  bool operator==(const AnyJson&) const = default;
};
struct Gbnf {  // rules `name ::= …` as llama.cpp takes them; the first to hold is `root`
  std::string rules;
  bool operator==(const Gbnf&) const = default;
};
struct Regex {  // matches the whole answer, anchored or not
  std::string pattern;
  bool operator==(const Regex&) const = default;
};
struct Choice {  // one of these, to the letter
  std::vector<std::string> strings;
  bool operator==(const Choice&) const = default;
};
// The text, with control tokens where the vocabulary has tokens of such names.
struct Literal {
  std::string text;
  bool operator==(const Literal&) const = default;
};
// Text without control tokens, in which none of these occurs. What follows it begins with one of
// them, or the answer ends.
struct FreeText {
  std::vector<std::string> without;
  bool operator==(const FreeText&) const = default;
};

struct Sequence;
struct AnyOf;
struct Repeat;
struct Triggered;

template <class Node>
using Shared = std::shared_ptr<const Node>;

using Source = std::variant<JsonSchema, AnyJson, Gbnf, Regex, Choice, Literal, FreeText,
                            Shared<Sequence>, Shared<AnyOf>, Shared<Repeat>, Shared<Triggered>>;

struct Sequence {
  std::vector<Source> parts;
};
struct AnyOf {
  std::vector<Source> alternatives;
};
struct Repeat {
  Source part;
  int min = 0;
  int max = -1;  // -1: any number of times
};
// Anything may be said, control tokens too, until a trigger is: what it stands for must follow,
// then anything again.
struct Triggered {
  struct Rule {
    std::string trigger;  // as in Literal; not empty
    Source then;          // after the trigger
  };
  std::vector<Rule> rules;
  enum class Afterwards { kFreeAgain, kEnds };
  Afterwards afterwards = Afterwards::kFreeAgain;
};

Source sequence(std::vector<Source> parts);
Source any_of(std::vector<Source> alternatives);
Source repeat(Source part, int min, int max);
Source optional(Source part);
Source triggered(Triggered triggered);

}  // namespace ridge::grammar
