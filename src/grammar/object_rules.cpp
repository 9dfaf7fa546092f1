#include "grammar/object_rules.h"

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "base/strcat.h"
#include "grammar/json_rules.h"
#include "grammar/pattern.h"

namespace ridge::grammar {
namespace {

// Members of any other name are told from these letter by letter.
constexpr size_t kLongestName = 512;
// Each letter of a name costs a tenth of a second of compiling, since any text may follow it.
constexpr int64_t kCostOfLetter = 400;

std::string quoted_name(const std::string& name) {
  return literal(nlohmann::json(name).dump());
}

// Names letter by letter.
struct NameTree {
  std::map<char32_t, std::unique_ptr<NameTree>> next;
  bool ends = false;

  void add(const std::u32string& name, size_t at = 0) {
    if (at == name.size()) {
      ends = true;
      return;
    }
    auto& child = next[name[at]];
    if (!child) child = std::make_unique<NameTree>();
    child->add(name, at + 1);
  }
};

// The rest of a name that is none of the tree's, closing quote included. Escapes are left out: they
// could spell a name of the tree.
std::string other_rest(Ebnf& ebnf, const NameTree& tree) {
  ebnf.spend(kCostOfLetter);
  const CharSet& plain = json_plain_chars();
  CharSet elsewhere = plain;
  std::vector<std::string> ways;
  for (const auto& [letter, child] : tree.next) {
    const CharSet only({{letter, letter}});
    elsewhere = elsewhere.without(only);
    if (!plain.contains(letter)) continue;
    ways.push_back(concat({only.expression(), other_rest(ebnf, *child)}));
  }
  ways.push_back(concat({elsewhere.expression(), repeat(plain.expression(), 0, -1), "\"\\\"\""}));
  if (!tree.ends) ways.push_back("\"\\\"\"");
  return ebnf.rule("other-name", choice(ways));
}

std::string write_other_name(Ebnf& ebnf, const ObjectRules& rules) {
  if (!rules.other_name.empty()) return rules.other_name;
  if (rules.members.empty()) return json_string(ebnf);
  NameTree tree;
  for (const auto& member : rules.members) tree.add(code_points(member.name));
  return concat({"\"\\\"\"", other_rest(ebnf, tree)});
}

struct MemberWriter {
  Ebnf& ebnf;
  ObjectRules::Names names;
  std::string space = json_space(ebnf);

  std::string member(const std::string& name, const std::string& value) const {
    if (names == ObjectRules::Names::kKeyword) return concat({name, "\"=\"", value});
    return concat({name, space, "\":\"", space, value});
  }
  std::string comma() const {
    return ebnf.shared("comma", [this] { return concat({space, "\",\"", space}); });
  }
};

}  // namespace

bool is_bare_name(const std::string& name) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  };
  return !name.empty() && is_letter(name[0]) && std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

std::string problem_of_counts(const ObjectRules& rules) {
  const auto n_named = int64_t(rules.members.size());
  const int64_t n_required = std::count_if(rules.members.begin(), rules.members.end(),
                                           [](const auto& member) { return member.required; });
  const bool open = !rules.other_value.empty();
  const bool long_name = std::any_of(rules.members.begin(), rules.members.end(), [](auto& member) {
    return member.name.size() > kLongestName;
  });
  if (open && long_name) return "has a member of a very long name beside members of any name";
  if (rules.max >= 0 && rules.max < std::max(rules.min, n_required)) {
    return "has a maxProperties below what else it demands";
  }
  if (!open && rules.min > n_named) return "has a minProperties above the members it allows";
  if (rules.min > std::max<int64_t>(n_required, 1)) {
    return "has a minProperties above 1 and above the members that it requires, which is not "
           "supported";
  }
  const bool bounded_by_names = !open && rules.max >= n_named;
  if (rules.max >= 0 && n_named > 0 && !bounded_by_names) {
    return "has a maxProperties beside members that may be left out, which is not supported";
  }
  return "";
}

std::string write_object_rules(Ebnf& ebnf, const ObjectRules& rules) {
  const MemberWriter writer{ebnf, rules.names};
  const std::string other =
      rules.other_value.empty()
          ? ""
          : ebnf.rule("other-member",
                      writer.member(write_other_name(ebnf, rules), rules.other_value));
  const auto n = rules.members.size();
  const bool quoted = rules.names == ObjectRules::Names::kQuoted;
  const bool bounded = rules.max >= 0 && n == 0;

  // After a member; and where none was written yet, from the last name to the first.
  std::string after = other.empty() ? ""
                                    : repeat(concat({writer.comma(), other}), 0,
                                             bounded ? std::max<int64_t>(rules.max - 1, 0) : -1);
  std::string first;
  if (!other.empty() && !(bounded && rules.max == 0)) first = concat({other, after});
  bool may_be_empty = rules.min == 0;
  for (size_t i = n; i-- > 0;) {
    const auto& [name, value, required] = rules.members[i];
    const std::string member =
        ebnf.rule("member", writer.member(quoted ? quoted_name(name) : literal(name), value));
    std::vector<std::string> firsts = {concat({member, after})};
    if (!required && !first.empty()) firsts.push_back(first);
    first = ebnf.rule("first", choice(firsts));
    const std::string next = concat({writer.comma(), member, after});
    after = ebnf.rule("next", required ? next : choice({next, concat({after})}));
    may_be_empty = may_be_empty && !required;
  }
  const std::string space = writer.space;
  const std::string inside = first.empty() ? "" : concat({first, space});
  const std::string body = may_be_empty && !inside.empty() ? repeat(inside, 0, 1) : inside;
  if (rules.names == ObjectRules::Names::kKeyword) return body.empty() ? literal("") : body;
  return concat({"\"{\"", space, body, "\"}\""});
}

}  // namespace ridge::grammar
