// ridge tokenize: text to token ids.
#include <iostream>

#include "base/strcat.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/jsonl.h"
#include "cli/options/model_options.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"

namespace ridge::cli {
namespace {

struct TokenizeOptions {
  std::string model;
  TextInput input;
  bool jsonl = false;
  bool special = false;
  bool bos = false;
};

std::vector<text::Token> encode(const text::Tokenizer& tokenizer, const TokenizeOptions& options,
                                std::string_view text) {
  const auto policy = options.special ? text::SpecialTokens::kParse : text::SpecialTokens::kAsText;
  std::vector<text::Token> tokens = tokenizer.encode(text, policy);
  if (options.bos && tokenizer.bos() >= 0) tokens.insert(tokens.begin(), tokenizer.bos());
  return tokens;
}

// A piece on one line: line feeds and what is not printable are escaped.
std::string shown_piece(std::string_view piece) {
  std::string out;
  for (char c : piece) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += c;
    }
  }
  return cat("'", printable(out), "'");
}

std::string type_name(text::TokenType type) {
  switch (type) {
    case text::TokenType::kNormal:
      return "";
    case text::TokenType::kUnknown:
      return "unknown";
    case text::TokenType::kControl:
      return "control";
    case text::TokenType::kUserDefined:
      return "user-defined";
    case text::TokenType::kUnused:
      return "unused";
    case text::TokenType::kByte:
      return "byte";
  }
  return "";
}

std::string token_table(const text::Tokenizer& tokenizer, const std::vector<text::Token>& tokens) {
  Table table({{"id", Align::kRight}, {"text"}, {"type"}});
  for (text::Token token : tokens) {
    table.add({std::to_string(token),
               shown_piece(tokenizer.piece(token, text::SpecialTokens::kParse)),
               type_name(tokenizer.type(token))});
  }
  return table.str();
}

int run_tokenize(const TokenizeOptions& options, Context& context) {
  const auto tokenizer = load_tokenizer(options.model, context);
  if (options.jsonl) {
    const auto outcome = encode_lines(std::cin, context.out, [&](std::string_view text) {
      return encode(*tokenizer, options, text);
    });
    return outcome == LineProtocol::kAllGood ? kExitOk : kExitFailure;
  }
  const std::string text = read_text(options.input);
  const auto tokens = encode(*tokenizer, options, text);
  context.out.write(token_table(*tokenizer, tokens));
  context.err.line(
      cat(plural(int64_t(tokens.size()), "token"), ", ", plural(int64_t(text.size()), "byte")));
  return kExitOk;
}

}  // namespace

void add_tokenize(CommandLine& line, Action& chosen) {
  const CommandText text{
      "tokenize", "Turn text into token ids",
      "A file that holds only a vocabulary suffices.\n\n"
      "  ridge tokenize smollm2-135m -p \"Hello, world\"\n"
      "  echo '\"Hello\"' | ridge tokenize model.gguf --jsonl       [19556]\n\n"
      "With --jsonl each line of standard input is a JSON string and each line of output the\n"
      "array of its ids; a bad line gives {\"error\": …}, and the exit code is 1 at the end."};
  add_command<TokenizeOptions>(
      line, chosen, text,
      [](OptionSet& set, TokenizeOptions& options) {
        declare_model(set, options.model);
        declare_text_input(set, options.input);
        set.flag("--jsonl", options.jsonl, "JSON strings in, arrays of ids out, a line each");
        set.flag("--special", options.special, "Text like \"<|im_end|>\" becomes its token");
        set.flag("--bos", options.bos, "Begin with the model's BOS token, if it has one");
      },
      run_tokenize);
}

}  // namespace ridge::cli
