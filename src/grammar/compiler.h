// GrammarCompiler: sources to grammars, for one vocabulary. Every member may be called from any
// thread, and should not be from the engine's: compiling takes milliseconds to some seconds. What
// was compiled lately is kept. A Grammar is immutable and shared by the requests that use it.
//
// Whatever a source cannot promise is refused with Error{kInvalidArgument} and a sentence: schemas
// with keywords that would not be kept (by name and place), grammars without an end, patterns that
// explode, everything beyond the limits. There is no unconstrained way out.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "grammar/source.h"
#include "grammar/vocabulary.h"
#include "sample/constraint.h"

namespace ridge::grammar {

struct CompilerLimits {
  int64_t source_bytes = 256 << 10;  // of all texts of a source together
  int depth = 64;                    // of schemas, groups and parts in each other
  int64_t repetitions = 4096;        // a count in a schema, a pattern or a rule
  int64_t nodes = 20000;  // schemas, rules and characters of patterns, repetitions spelled out
  int64_t cache_bytes = 256 << 20;  // of compiled grammars that are kept
};

class Grammar {
 public:
  virtual ~Grammar() = default;
  virtual int64_t bytes() const = 0;  // of memory, about
};

class GrammarCompiler {
 public:
  explicit GrammarCompiler(Vocabulary vocabulary, const CompilerLimits& limits = {});
  ~GrammarCompiler();
  GrammarCompiler(const GrammarCompiler&) = delete;
  GrammarCompiler& operator=(const GrammarCompiler&) = delete;

  std::shared_ptr<const Grammar> compile(const Source& source);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// A new answer under this grammar. See Constraint: one thread at a time, one object a request.
std::shared_ptr<Constraint> make_constraint(std::shared_ptr<const Grammar> grammar);

// Throws as compile() would for such a schema, without compiling: what a request is checked with.
void check_schema(const JsonSchema& schema, const CompilerLimits& limits = {});
void check_schema(std::string_view schema, const CompilerLimits& limits = {});

}  // namespace ridge::grammar
