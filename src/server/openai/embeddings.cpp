#include "server/openai/embeddings.h"

#include "base/quote.h"
#include "server/base64.h"

namespace ridge::server {
namespace {

constexpr size_t kMostInputs = 2048;  // as the API documents it

// Numbers of tokens in the vocabulary.
std::vector<text::Token> given_tokens(const Json& input, std::string_view field, int64_t n_vocab) {
  std::vector<text::Token> tokens;
  for (const Json& token : input) {
    const int64_t number = token.is_number_integer() ? token.get<int64_t>() : -1;
    if (number < 0 || number >= n_vocab) {
      refuse_field(field, cat("a text, or numbers of tokens below ", n_vocab,
                              ", are wanted, and this is ", describe(token)));
    }
    tokens.push_back(text::Token(number));
  }
  return tokens;
}

std::vector<text::Token> input_tokens(const Json& input, std::string_view field,
                                      Generator& generator) {
  AnswerRequest request;
  if (input.is_string()) {
    request.input = AnswerRequest::Input::kText;
    request.text = input.get<std::string>();
  } else if (input.is_array()) {
    request.input = AnswerRequest::Input::kTokens;
    request.tokens = given_tokens(input, field, generator.card().n_vocab);
  } else {
    refuse_field(field, cat("a text or tokens are wanted, and this is ", describe(input)));
  }
  auto tokens = generator.prompt_tokens(request);
  if (tokens.empty() || (input.is_string() && request.text.empty())) {
    refuse_field(field, "it is empty");
  }
  const int64_t n_context = generator.card().n_context;
  if (int64_t(tokens.size()) > n_context) refuse_overflow(int64_t(tokens.size()), n_context);
  return tokens;
}

Json embedding_json(const std::vector<float>& values, bool as_base64) {
  if (!as_base64) return values;
  // Little-endian floats, as every machine that this runs on keeps them.
  return base64_encode(
      {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)});
}

}  // namespace

void check_dimensions(Fields& fields, const ModelCard& card) {
  if (fields.integer("dimensions", 1, 1 << 20).value_or(card.d_model) != card.d_model) {
    refuse_field("dimensions", cat("this model's embeddings have ", card.d_model));
  }
}

std::vector<std::vector<text::Token>> embedding_inputs(const Json& input, std::string_view field,
                                                       Generator& generator) {
  const bool is_list = input.is_array() && !input.empty() && !input[0].is_number();
  if (!is_list) return {input_tokens(input, field, generator)};
  if (input.size() > kMostInputs) {
    refuse_field(field,
                 cat("at most ", kMostInputs, " texts are wanted, and these are ", input.size()));
  }
  std::vector<std::vector<text::Token>> inputs;
  for (const Json& one : input) inputs.push_back(input_tokens(one, field, generator));
  return inputs;
}

void openai_embeddings(const CallPtr& call) {
  const Json body = call->body();
  Fields fields(body);
  const Json& input = fields.required("input");
  const std::string format = fields.string("encoding_format").value_or("float");
  if (format != "float" && format != "base64") {
    refuse_field("encoding_format",
                 cat("float or base64 is wanted, and this is ", in_quotes(format)));
  }
  check_dimensions(fields, call->generator.card());
  fields.accept({"model", "user"});
  call->note_unused(fields);

  const auto inputs = embedding_inputs(input, "input", call->generator);
  Json data = Json::array();
  int64_t n_tokens = 0;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const EmbeddingResult result = call->generator.embed(inputs[i]);
    n_tokens += result.n_tokens;
    data.push_back({{"object", "embedding"},
                    {"index", i},
                    {"embedding", embedding_json(result.values, format == "base64")}});
  }
  call->reply({{"object", "list"},
               {"data", std::move(data)},
               {"model", call->generator.card().id},
               {"usage", {{"prompt_tokens", n_tokens}, {"total_tokens", n_tokens}}}});
}

}  // namespace ridge::server
