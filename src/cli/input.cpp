#include "cli/input.h"

#include <iostream>
#include <iterator>

#include "base/error.h"
#include "base/read_file.h"
#include "cli/options/command_line.h"
#include "cli/options/model_options.h"
#include "cli/ui/terminal.h"
#include "gguf/file.h"

namespace ridge::cli {

std::string read_stdin() {
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

std::string read_text_file(const std::filesystem::path& path) {
  return path == "-" ? read_stdin() : read_file(path);
}

void declare_text_input(OptionSet& set, TextInput& input) {
  set.value("-p,--prompt", input.prompt, "The text");
  set.value("-f,--file", input.file, "A file with the text; '-' is standard input");
  set.exclude("--prompt", "--file");
}

std::string read_text(const TextInput& input) {
  if (input.prompt) return *input.prompt;
  if (!input.file.empty()) return read_text_file(input.file);
  if (!is_terminal(0)) return read_stdin();
  fail(ErrorCode::kInvalidArgument, "no text: give it with -p TEXT, -f FILE or through a pipe");
}

std::shared_ptr<const text::Tokenizer> load_tokenizer(const std::string& model,
                                                      const Context& context) {
  const gguf::File file = gguf::File::open(find_model(model, context));
  return text::Tokenizer::from_metadata(file.metadata());
}

}  // namespace ridge::cli
