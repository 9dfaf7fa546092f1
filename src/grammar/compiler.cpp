#include "grammar/compiler.h"

#include <xgrammar/xgrammar.h>

#include <algorithm>
#include <list>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "grammar/char_set.h"
#include "grammar/compiled_grammar.h"
#include "grammar/json_schema.h"
#include "grammar/source_writer.h"

// XGrammar's messages: what is wrong with a grammar is an error of the request, the rest is no
// news.
namespace xgrammar {

void LogFatalImpl(const std::string& /*file*/, int /*line*/, const std::string& message) {
  throw ridge::Error(ridge::ErrorCode::kInvalidArgument, "the grammar was refused: " + message);
}

void LogMessageImpl(const std::string& /*file*/, int /*line*/, int /*level*/,
                    const std::string& /*message*/) {}

}  // namespace xgrammar

namespace ridge::grammar {
namespace {

// A control token stands in a grammar as a mark and its name: a text that ordinary tokens do not
// write and no rule about characters allows.
xgrammar::TokenizerInfo tokenizer_info(const Vocabulary& vocabulary) {
  std::vector<std::string> bytes = vocabulary.bytes;
  for (const int32_t token : vocabulary.control) {
    std::string& name = bytes.at(size_t(token));
    std::string marked;
    append_utf8(marked, kControlMark);
    if (!name.empty()) name = marked + name;
  }
  return xgrammar::TokenizerInfo(bytes, xgrammar::VocabType::RAW, int(bytes.size()),
                                 vocabulary.ends);
}

ControlNames control_names(const Vocabulary& vocabulary) {
  ControlNames out;
  for (const int32_t token : vocabulary.control) {
    const std::string& name = vocabulary.bytes.at(size_t(token));
    const bool ends =
        std::find(vocabulary.ends.begin(), vocabulary.ends.end(), token) != vocabulary.ends.end();
    if (!name.empty() && !ends) out.insert(name);
  }
  return out;
}

int64_t bytes_of(const Source& source) {
  return int64_t(source_key(source).size());
}

}  // namespace

struct GrammarCompiler::State {
  using Entry = std::pair<std::string, std::shared_ptr<const Grammar>>;

  State(const Vocabulary& vocabulary, const CompilerLimits& wanted)
      : limits(wanted),
        control(control_names(vocabulary)),
        // One thread: it is the caller's, and the engine wants the others.
        tokenizer(tokenizer_info(vocabulary)),
        compiler(tokenizer, 1, false) {}

  std::shared_ptr<const Grammar> find(const std::string& key) {
    const std::lock_guard lock(mutex);
    const auto found = by_key.find(key);
    if (found == by_key.end()) return nullptr;
    recent.splice(recent.begin(), recent, found->second);
    return found->second->second;
  }

  void keep(const std::string& key, const std::shared_ptr<const Grammar>& grammar) {
    const std::lock_guard lock(mutex);
    if (by_key.contains(key)) return;  // somebody else was faster
    recent.emplace_front(key, grammar);
    by_key.emplace(key, recent.begin());
    kept_bytes += grammar->bytes();
    while (kept_bytes > limits.cache_bytes && recent.size() > 1) {
      kept_bytes -= recent.back().second->bytes();
      by_key.erase(recent.back().first);
      recent.pop_back();
    }
  }

  std::vector<CompiledGrammar::Count> counts_of(const WrittenSource& written) {
    const std::lock_guard lock(mutex);
    std::vector<CompiledGrammar::Count> out;
    for (const CountedText& text : written.counts) {
      auto& known = lengths[text.end];
      if (!known) {
        known = std::make_shared<const TokenLengths>(tokenizer.GetDecodedVocab(), text.end);
      }
      std::string mark;
      append_utf8(mark, kFirstCountMark + char32_t(out.size()));
      out.push_back({text, mark, known});
    }
    return out;
  }

  CompilerLimits limits;
  ControlNames control;
  xgrammar::TokenizerInfo tokenizer;
  xgrammar::GrammarCompiler compiler;
  std::mutex mutex;  // of what follows
  std::list<Entry> recent;
  std::unordered_map<std::string, std::list<Entry>::iterator> by_key;
  int64_t kept_bytes = 0;
  std::map<std::string, std::shared_ptr<const TokenLengths>> lengths;  // by the text's end
};

GrammarCompiler::GrammarCompiler(Vocabulary vocabulary, const CompilerLimits& limits)
    : state_(std::make_unique<State>(vocabulary, limits)) {}

GrammarCompiler::~GrammarCompiler() = default;

std::shared_ptr<const Grammar> GrammarCompiler::compile(const Source& source) {
  if (const int64_t bytes = bytes_of(source); bytes > state_->limits.source_bytes) {
    fail(ErrorCode::kInvalidArgument, "the grammar or schema has ", bytes,
         " bytes, and the limit is ", state_->limits.source_bytes);
  }
  const std::string key = source_key(source);
  if (auto kept = state_->find(key)) return kept;
  const WrittenSource written = write_source(source, state_->control, state_->limits);
  const auto grammar = std::make_shared<const CompiledGrammar>(
      state_->compiler.CompileGrammar(written.text), state_->counts_of(written));
  state_->keep(key, grammar);
  return grammar;
}

void check_schema(const JsonSchema& schema, const CompilerLimits& limits) {
  if (std::ssize(schema.schema) > limits.source_bytes) {
    fail(ErrorCode::kInvalidArgument, "the JSON schema has ", schema.schema.size(),
         " bytes, and the limit is ", limits.source_bytes);
  }
  Ebnf ebnf(limits);
  write_json_schema(ebnf, schema);
}

void check_schema(std::string_view schema, const CompilerLimits& limits) {
  check_schema(JsonSchema{std::string(schema)}, limits);
}

}  // namespace ridge::grammar
