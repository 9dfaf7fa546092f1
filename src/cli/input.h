// Text that a command is given: on the command line, in a file or on standard input.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "cli/context.h"
#include "text/tokenizer/tokenizer.h"

namespace ridge::cli {

class OptionSet;

std::string read_stdin();
std::string read_text_file(const std::filesystem::path& path);  // "-": standard input

struct TextInput {
  std::optional<std::string> prompt;  // -p
  std::string file;                   // -f
};
void declare_text_input(OptionSet& set, TextInput& input);

// -p, else -f, else standard input when it is no terminal. Throws Error{kInvalidArgument} when
// nothing of these is there, saying so.
std::string read_text(const TextInput& input);

std::shared_ptr<const text::Tokenizer> load_tokenizer(const std::string& model,
                                                      const Context& context);

}  // namespace ridge::cli
