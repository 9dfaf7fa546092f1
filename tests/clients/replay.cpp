#include "clients/replay.h"

#include <algorithm>

#include "base/quote.h"
#include "server/json.h"
#include "server/problem.h"

namespace ridge::server {
namespace {

// Lets one token through at a time, and says so where the grammar would not have let it.
class OneText final : public Constraint {
 public:
  OneText(std::vector<text::Token> tokens, std::shared_ptr<Constraint> grammar,
          std::function<void(size_t)> forbidden)
      : tokens_(std::move(tokens)),
        grammar_(std::move(grammar)),
        forbidden_(std::move(forbidden)) {}

  bool allowed(std::span<uint32_t> bits) override {
    const auto next = uint32_t(tokens_[std::min(at_, tokens_.size() - 1)]);
    const uint32_t bit = 1u << (next % 32);
    if (grammar_ && grammar_->allowed(bits) && (bits[next / 32] & bit) == 0) {
      forbidden_(at_);
      grammar_ = nullptr;
    }
    std::ranges::fill(bits, 0u);
    bits[next / 32] = bit;
    return true;
  }
  void accept(int32_t token) override {
    ++at_;
    if (grammar_) grammar_->accept(token);
  }
  void take_back(int n) override {
    at_ -= size_t(n);
    if (grammar_) grammar_->take_back(n);
  }

 private:
  std::vector<text::Token> tokens_;
  std::shared_ptr<Constraint> grammar_;
  std::function<void(size_t)> forbidden_;
  size_t at_ = 0;
};

bool mentions(const chat::Conversation& conversation, const std::string& words) {
  return std::ranges::any_of(conversation.messages, [&](const chat::Message& message) {
    return message.content.find(words) != std::string::npos;
  });
}

}  // namespace

ReplayScript ReplayScript::from_json(std::string_view text) {
  const Json json = parse_json(text);
  return {.turns = json.at("turns").get<std::vector<std::string>>(),
          .asides = json.at("asides").get<std::vector<std::pair<std::string, std::string>>>()};
}

const std::string& ReplayScript::answer_to(const chat::Conversation& conversation) const {
  for (const auto& [words, text] : asides) {
    if (mentions(conversation, words)) return text;
  }
  const auto turn = size_t(std::ranges::count_if(
      conversation.messages, [](const chat::Message& message) { return !message.calls.empty(); }));
  if (turn >= turns.size()) throw RequestError({.message = cat("the script has no turn ", turn)});
  return turns[turn];
}

std::shared_ptr<Generation> Replay::prepare(AnswerRequest request) {
  if (request.input == AnswerRequest::Input::kConversation) {
    const std::string& text = script_.answer_to(request.conversation);
    auto tokens = tokenizer().encode(text, text::SpecialTokens::kParse);
    tokens.push_back(tokenizer().eos());
    request.bind = [this, text, tokens](std::shared_ptr<Constraint> grammar) {
      const auto forbidden = [this, text, tokens](size_t at) {
        warn_(cat("the grammar forbids ",
                  in_quotes(tokenizer().piece(tokens[at], text::SpecialTokens::kParse)),
                  " as token ", at, " of ", in_quotes(text, 2000)));
      };
      return std::make_shared<OneText>(tokens, std::move(grammar), forbidden);
    };
  }
  return inner_.prepare(std::move(request));
}

}  // namespace ridge::server
