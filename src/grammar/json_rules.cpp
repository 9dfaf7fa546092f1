#include "grammar/json_rules.h"

#include "base/strcat.h"
#include "grammar/char_set.h"
#include "grammar/number_range.h"

namespace ridge::grammar {
namespace {

// What may follow a backslash. A code point beyond 16 bits takes a pair of escapes; half a pair is
// no text, and parsers refuse it.
std::string json_escape(Ebnf& ebnf) {
  return ebnf.shared("escape", [] {
    return std::string(
        "([\"\\\\/bfnrt] | \"u\" ([0-9a-cA-CefEF] [0-9a-fA-F]{3} | [dD] [0-7] [0-9a-fA-F]{2} | "
        "[dD] [89abAB] [0-9a-fA-F]{2} \"\\\\u\" [dD] [c-fC-F] [0-9a-fA-F]{2}))");
  });
}

// Right recursion with a look at what follows is the form that tokens are sorted fastest in.
std::string string_rest(const std::string& rest, const std::vector<std::string>& characters) {
  std::string out = "(\"\\\"\"";
  for (const std::string& one : characters) append(out, cat(" | ", one, " ", rest));
  return out + ") (= [ \\n\\t]* [,}\\]:])";
}

}  // namespace

std::string json_space(Ebnf& ebnf) {
  return ebnf.shared("space", [] { return std::string("(\" \" | \"\\n\" [ \\t]{0,40})?"); });
}

std::string json_string(Ebnf& ebnf) {
  return ebnf.shared("string", [&] { return cat("\"\\\"\" ", json_string_rest(ebnf)); });
}

std::string json_string_rest(Ebnf& ebnf) {
  return ebnf.shared("string-rest", [&] {
    // By its own name, which is there before its expression.
    const std::string rest = json_string_rest(ebnf);
    return string_rest(rest,
                       {json_plain_chars().expression(), cat("\"\\\\\" ", json_escape(ebnf))});
  });
}

std::string json_string_rest_of(Ebnf& ebnf, const std::string& one) {
  const std::string rest = ebnf.declare("run");
  ebnf.define(rest, string_rest(rest, {one}));
  return rest;
}

const CharSet& json_plain_chars() {
  static const CharSet set =
      CharSet::all().without(CharSet({{0, 0x1f}}).united(CharSet::of("\"\\")));
  return set;
}

std::string json_value(Ebnf& ebnf) {
  return ebnf.shared("value", [&] {
    return choice({any_number(), json_string(ebnf), "\"true\"", "\"false\"", "\"null\"",
                   json_array(ebnf), json_object(ebnf)});
  });
}

std::string json_array(Ebnf& ebnf) {
  return ebnf.shared("array", [&] {
    const std::string space = json_space(ebnf);
    const std::string value = json_value(ebnf);
    return cat("\"[\" ", space, " (", value, " (", space, " \",\" ", space, " ", value, ")* ",
               space, ")? \"]\"");
  });
}

std::string json_object(Ebnf& ebnf) {
  return ebnf.shared("object", [&] {
    const std::string space = json_space(ebnf);
    const std::string member = ebnf.shared("member", [&] {
      return concat({json_string(ebnf), space, "\":\"", space, json_value(ebnf)});
    });
    return cat("\"{\" ", space, " (", member, " (", space, " \",\" ", space, " ", member, ")* ",
               space, ")? \"}\"");
  });
}

}  // namespace ridge::grammar
