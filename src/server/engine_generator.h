// EngineGenerator: a Service as a Generator. It renders and tokenises, compiles grammars, and reads
// the engine's text into reasoning, content and tool calls on the way to the sink.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "server/generator.h"

namespace ridge::server {

struct EngineGeneratorOptions {
  std::string id;                       // what the model is called
  std::filesystem::path model;          // its file
  std::filesystem::path chat_template;  // Jinja in place of the model's own; empty: that one
  int64_t n_slots = 1;
};

class EngineGenerator final : public Generator {
 public:
  // The service outlives it. Throws Error for a template or a vocabulary that cannot be used.
  EngineGenerator(Service& service, const EngineGeneratorOptions& options);
  ~EngineGenerator() override;

  const ModelCard& card() const override;
  std::shared_ptr<Generation> prepare(AnswerRequest request) override;
  std::vector<text::Token> prompt_tokens(const AnswerRequest& request) const override;
  std::string prompt_text(const chat::Conversation& conversation) const override;
  EmbeddingResult embed(std::vector<text::Token> tokens) override;
  const text::Tokenizer& tokenizer() const override;
  ServiceStatus status() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ridge::server
