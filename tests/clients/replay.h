// Replay: a generator in front of another that decides what every answer says, so that clients can
// be led through a task that no small model does. All the rest is the server's own: templates,
// tokens, grammars, the engine, the parsers of answers. Any thread.
//
// The script is JSON: {"turns": [text, ...], "asides": [[words, text], ...]}, the texts as the
// model would write them, calls included. A conversation gets the text of the first aside whose
// words occur in one of its messages (agents ask for titles and the like beside the task), else the
// turn that its messages with calls count to. Turns that the script does not have are refused: 400.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/generator.h"

namespace ridge::server {

struct ReplayScript {
  std::vector<std::string> turns;
  std::vector<std::pair<std::string, std::string>> asides;

  static ReplayScript from_json(std::string_view text);
  const std::string& answer_to(const chat::Conversation& conversation) const;
};

class Replay final : public Generator {
 public:
  // `warn` hears, from the engine's thread, of texts that the request's own grammar forbids.
  using Warn = std::function<void(const std::string&)>;
  Replay(Generator& inner, ReplayScript script, Warn warn)
      : inner_(inner), script_(std::move(script)), warn_(std::move(warn)) {}

  std::shared_ptr<Generation> prepare(AnswerRequest request) override;

  const ModelCard& card() const override { return inner_.card(); }
  std::vector<text::Token> prompt_tokens(const AnswerRequest& request) const override {
    return inner_.prompt_tokens(request);
  }
  std::string prompt_text(const chat::Conversation& conversation) const override {
    return inner_.prompt_text(conversation);
  }
  EmbeddingResult embed(std::vector<text::Token> tokens) override {
    return inner_.embed(std::move(tokens));
  }
  const text::Tokenizer& tokenizer() const override { return inner_.tokenizer(); }
  ServiceStatus status() const override { return inner_.status(); }

 private:
  Generator& inner_;
  ReplayScript script_;
  Warn warn_;
};

}  // namespace ridge::server
