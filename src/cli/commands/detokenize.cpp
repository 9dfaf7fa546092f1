// ridge detokenize: token ids to text.
#include <iostream>

#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/jsonl.h"
#include "cli/options/model_options.h"
#include "cli/token_ids.h"

namespace ridge::cli {
namespace {

struct DetokenizeOptions {
  std::string model;
  TextInput input;
  bool jsonl = false;
  bool special = false;
};

int run_detokenize(const DetokenizeOptions& options, Context& context) {
  const auto tokenizer = load_tokenizer(options.model, context);
  const auto policy = options.special ? text::SpecialTokens::kParse : text::SpecialTokens::kAsText;
  const auto decode = [&](const std::vector<int32_t>& tokens) {
    check_token_ids(tokens, tokenizer->n_vocab());
    return tokenizer->decode(tokens, policy);
  };
  if (options.jsonl) {
    const auto outcome = decode_lines(std::cin, context.out, decode);
    return outcome == LineProtocol::kAllGood ? kExitOk : kExitFailure;
  }
  context.out.line(decode(parse_token_ids(read_text(options.input))));
  return kExitOk;
}

}  // namespace

void add_detokenize(CommandLine& line, Action& chosen) {
  const CommandText text{
      "detokenize", "Turn token ids into text",
      "  ridge detokenize smollm2-135m -p \"19556 28 905\"\n"
      "  echo '[19556,28,905]' | ridge detokenize model.gguf --jsonl\n\n"
      "With --jsonl each line of standard input is a JSON array of ids and each\n"
      "line of output the JSON string that they spell."};
  add_command<DetokenizeOptions>(
      line, chosen, text,
      [](OptionSet& set, DetokenizeOptions& options) {
        declare_model(set, options.model);
        declare_text_input(set, options.input);
        set.flag("--jsonl", options.jsonl, "Arrays of ids in, JSON strings out, a line each");
        set.flag("--special", options.special, "Control tokens appear by name");
      },
      run_detokenize);
}

}  // namespace ridge::cli
