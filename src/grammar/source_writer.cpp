#include "grammar/source_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/quote.h"
#include "base/strcat.h"
#include "base/utf8.h"
#include "grammar/char_set.h"
#include "grammar/gbnf.h"
#include "grammar/json_rules.h"
#include "grammar/json_schema.h"
#include "grammar/regex.h"

namespace ridge::grammar {
namespace {

class SourceWriter {
 public:
  explicit SourceWriter(Ebnf& ebnf) : ebnf_(ebnf) {}

  std::string write(const Source& source, int depth) {
    ebnf_.check_depth(depth);
    ebnf_.spend(1);
    return std::visit([&](const auto& node) { return write_node(node, depth + 1); }, source);
  }

 private:
  std::string write_node(const JsonSchema& schema, int) { return write_json_schema(ebnf_, schema); }

  std::string write_node(const AnyJson& json, int) {
    return json.root == AnyJson::Root::kObject ? json_object(ebnf_) : json_value(ebnf_);
  }

  std::string write_node(const Gbnf& gbnf, int) {
    return write_gbnf(ebnf_, parse_gbnf(gbnf.rules, ebnf_.limits().depth));
  }

  std::string write_node(const Regex& regex, int) {
    const Pattern pattern = parse_regex(regex.pattern, Anchoring::kWhole, ebnf_.limits().depth);
    return write_pattern(ebnf_, pattern, Spelling::kPlain);
  }

  std::string write_node(const Choice& strings, int) {
    if (strings.strings.empty()) {
      fail(ErrorCode::kInvalidArgument, "a choice of texts has no text to choose");
    }
    std::vector<std::string> ways;
    for (const std::string& text : strings.strings) ways.push_back(checked_literal(text));
    ebnf_.spend(int64_t(ways.size()));
    return choice(ways);
  }

  static std::string checked_literal(const std::string& text) {
    if (!is_valid_utf8(text)) {
      fail(ErrorCode::kInvalidArgument, "the text ", in_quotes(text), " is not UTF-8");
    }
    return literal(text);
  }

  std::string write_node(const Literal& text, int) { return ebnf_.marked_literal(text.text); }

  std::string write_node(const FreeText& text, int) {
    std::string excluded;
    append_utf8(excluded, kControlMark);
    std::string list = cat(literal(excluded), ",");
    for (const std::string& without : text.without)
      append(list, cat(ebnf_.marked_literal(without), ","));
    return ebnf_.rule("free", cat("TagDispatch(excludes=(", list, "))"));
  }

  std::vector<std::string> write_all(const std::vector<Source>& sources, int depth) {
    std::vector<std::string> out;
    for (const Source& source : sources) out.push_back(write(source, depth));
    return out;
  }

  std::string write_node(const Shared<Sequence>& sequence, int depth) {
    return ebnf_.rule("sequence", concat(write_all(sequence->parts, depth)));
  }

  std::string write_node(const Shared<AnyOf>& any, int depth) {
    if (any->alternatives.empty()) {
      fail(ErrorCode::kInvalidArgument, "a grammar offers a choice of nothing");
    }
    return ebnf_.rule("any", choice(write_all(any->alternatives, depth)));
  }

  std::string write_node(const Shared<Repeat>& repeated, int depth) {
    const std::string part = ebnf_.rule("part", write(repeated->part, depth));
    return repeat(part, repeated->min, repeated->max);
  }

  std::string write_node(const Shared<Triggered>& triggered, int depth) {
    std::string pairs;
    for (const Triggered::Rule& rule : triggered->rules) {
      const std::string then = ebnf_.rule("then", write(rule.then, depth));
      append(pairs, cat("(", ebnf_.marked_literal(rule.trigger), ",", then, "),"));
    }
    const bool again = triggered->afterwards == Triggered::Afterwards::kFreeAgain;
    return ebnf_.rule("triggered", cat("TagDispatch(", pairs, "loop_after_dispatch=", again, ")"));
  }

  Ebnf& ebnf_;
};

// Every part with its length before it, so that no two sources look alike.
class KeyWriter {
 public:
  std::string write(const Source& source) {
    out_ += char('A' + source.index());
    std::visit([&](const auto& node) { add(node); }, source);
    return std::move(out_);
  }

 private:
  void add(const std::string& text) { append(out_, cat(text.size(), ":", text)); }
  void add(int64_t number) { append(out_, cat(number, ";")); }
  void add(const std::vector<std::string>& texts) {
    add(int64_t(texts.size()));
    for (const std::string& text : texts) add(text);
  }
  void add(const Source& source) { append(out_, KeyWriter().write(source)); }
  void add(const std::vector<Source>& sources) {
    add(int64_t(sources.size()));
    for (const Source& source : sources) add(source);
  }
  void add(const JsonSchema& node) {
    add(node.schema);
    add(int64_t(node.extras));
    add(node.quote);
    add(int64_t(node.keywords));
    add(int64_t(node.tags.has_value()));
    if (!node.tags) return;
    for (const std::string* text : {&node.tags->before_name, &node.tags->before_value,
                                    &node.tags->after_value, &node.tags->line_end}) {
      add(*text);
    }
    add(node.tags->attributes);
  }
  void add(const AnyJson& node) { add(int64_t(node.root)); }
  void add(const Gbnf& node) { add(node.rules); }
  void add(const Regex& node) { add(node.pattern); }
  void add(const Choice& node) { add(node.strings); }
  void add(const Literal& node) { add(node.text); }
  void add(const FreeText& node) { add(node.without); }
  void add(const Shared<Sequence>& node) { add(node->parts); }
  void add(const Shared<AnyOf>& node) { add(node->alternatives); }
  void add(const Shared<Repeat>& node) {
    add(node->part);
    add(int64_t(node->min));
    add(int64_t(node->max));
  }
  void add(const Shared<Triggered>& node) {
    add(int64_t(node->rules.size()));
    for (const Triggered::Rule& rule : node->rules) {
      add(rule.trigger);
      add(rule.then);
    }
    add(int64_t(node->afterwards));
  }

  std::string out_;
};

}  // namespace

WrittenSource write_source(const Source& source, const ControlNames& control,
                           const CompilerLimits& limits) {
  Ebnf ebnf(limits, control);
  const std::string root = SourceWriter(ebnf).write(source, 0);
  return {ebnf.text(root), ebnf.counts()};
}

std::string source_key(const Source& source) {
  return KeyWriter().write(source);
}

Source sequence(std::vector<Source> parts) {
  return std::make_shared<const Sequence>(Sequence{std::move(parts)});
}

Source any_of(std::vector<Source> alternatives) {
  return std::make_shared<const AnyOf>(AnyOf{std::move(alternatives)});
}

Source repeat(Source part, int min, int max) {
  return std::make_shared<const Repeat>(Repeat{std::move(part), min, max});
}

Source optional(Source part) {
  return repeat(std::move(part), 0, 1);
}

Source triggered(Triggered triggered) {
  return std::make_shared<const Triggered>(std::move(triggered));
}

}  // namespace ridge::grammar
