#include "base/utf8.h"
#include "server/native/native.h"
#include "server/openai/messages.h"
#include "server/openai/tools.h"

namespace ridge::server {
namespace {

constexpr size_t kMostTokensListed = 1 << 20;

Json piece_json(const std::string& piece) {
  if (is_valid_utf8(piece)) return piece;
  Json bytes = Json::array();
  for (const char c : piece) bytes.push_back(int(static_cast<unsigned char>(c)));
  return bytes;
}

}  // namespace

void tokenize(const CallPtr& call) {
  const Json body = call->body();
  Fields fields(body);
  const std::string content = fields.required_string("content");
  const bool special = fields.boolean("add_special").value_or(false);
  const bool parse = fields.boolean("parse_special").value_or(true);
  const bool pieces = fields.boolean("with_pieces").value_or(false);
  call->note_unused(fields);

  const text::Tokenizer& tokenizer = call->generator.tokenizer();
  auto tokens =
      tokenizer.encode(content, parse ? text::SpecialTokens::kParse : text::SpecialTokens::kAsText);
  if (special && tokenizer.adds_bos() && tokenizer.bos() >= 0) {
    tokens.insert(tokens.begin(), tokenizer.bos());
  }
  Json list = Json::array();
  for (const text::Token token : tokens) {
    if (!pieces) {
      list.push_back(token);
    } else {
      const std::string piece = tokenizer.piece(token, text::SpecialTokens::kParse);
      list.push_back({{"id", token}, {"piece", piece_json(piece)}});
    }
  }
  call->reply({{"tokens", std::move(list)}});
}

void detokenize(const CallPtr& call) {
  const Json body = call->body();
  Fields fields(body);
  const Json& list = fields.required("tokens");
  call->note_unused(fields);
  const text::Tokenizer& tokenizer = call->generator.tokenizer();
  if (!list.is_array() || list.size() > kMostTokensListed) {
    refuse_field("tokens", cat("a list of at most ", kMostTokensListed, " tokens is wanted"));
  }
  std::vector<text::Token> tokens;
  for (const Json& entry : list) {
    const int64_t token = entry.is_number_integer() ? entry.get<int64_t>() : -1;
    if (token < 0 || token >= tokenizer.n_vocab()) {
      refuse_field("tokens", cat("numbers from 0 to ", tokenizer.n_vocab() - 1,
                                 " are wanted, and this is ", describe(entry)));
    }
    tokens.push_back(text::Token(token));
  }
  call->reply({{"content", tokenizer.decode(tokens, text::SpecialTokens::kParse)}});
}

void apply_template(const CallPtr& call) {
  const Json body = call->body();
  Fields fields(body);
  AnswerRequest request;
  const Json& messages = fields.required("messages");
  if (!messages.is_array()) refuse_field("messages", "a list is wanted");
  for (size_t i = 0; i < messages.size(); ++i) {
    request.conversation.messages.push_back(
        chat_message(messages[i], cat("messages[", i, "]"), call->notes));
  }
  read_chat_tools(fields, request);
  if (!fields.boolean("add_generation_prompt").value_or(true)) {
    request.conversation.prompt = text::GenerationPrompt::kNone;
  }
  fields.accept({"model"});
  call->note_unused(fields);
  call->reply({{"prompt", call->generator.prompt_text(request.conversation)}});
}

}  // namespace ridge::server
