// ridge template: a chat template on its own, for comparing with other engines.
#include <iostream>
#include <sstream>

#include "base/error.h"
#include "cli/commands/command.h"
#include "cli/exit_code.h"
#include "cli/input.h"
#include "cli/options/model_options.h"
#include "cli/template_jsonl.h"
#include "gguf/describe.h"
#include "gguf/file.h"
#include "text/chat.h"

namespace ridge::cli {
namespace {

struct TemplateOptions {
  std::string model;
  std::string file;
  bool jsonl = false;
};

void check(const TemplateOptions& options) {
  if (options.model.empty() == options.file.empty()) {
    fail(ErrorCode::kInvalidArgument, "give either a model or --file TEMPLATE");
  }
}

text::ChatTemplate template_of_model(const std::string& model, const Context& context) {
  const gguf::File file = gguf::File::open(find_model(model, context));
  return text::ChatTemplate::from_metadata(file.metadata(),
                                           *text::Tokenizer::from_metadata(file.metadata()));
}

// One line of output at a time, and whether any of them reported an error.
class LineOutput : public std::stringbuf {
 public:
  explicit LineOutput(Output& out) : out_(out) {}
  bool any_error() const { return any_error_; }

 protected:
  int sync() override {
    const std::string text = str();
    any_error_ = any_error_ || text.starts_with("{\"error\"") ||
                 text.find("\n{\"error\"") != std::string::npos;
    out_.write(text);
    out_.flush();
    str({});
    return 0;
  }

 private:
  Output& out_;
  bool any_error_ = false;
};

int render_lines(const text::Template& chat_template,
                 const std::vector<text::DictData::Item>& defaults, Context& context) {
  LineOutput buffer(context.out);
  std::ostream out(&buffer);
  render_jsonl(chat_template, defaults, std::cin, out);
  out.flush();
  return buffer.any_error() ? kExitFailure : kExitOk;
}

int run_template(const TemplateOptions& options, Context& context) {
  check(options);
  if (!options.file.empty()) {
    const std::string source = read_text_file(options.file);
    if (!options.jsonl) {
      fail(ErrorCode::kInvalidArgument, "--file goes with --jsonl");
    }
    return render_lines(text::Template::parse(source), {}, context);
  }
  if (!options.jsonl) {
    const gguf::File file = gguf::File::open(find_model(options.model, context));
    const std::string source = gguf::chat_template(file);
    if (source.empty()) fail(ErrorCode::kNotFound, options.model, " has no chat template");
    context.out.line(source);
    return kExitOk;
  }
  const text::ChatTemplate chat = template_of_model(options.model, context);
  return render_lines(chat.plain(), chat.token_variables(), context);
}

}  // namespace

void add_template(CommandLine& line, Action& chosen) {
  const CommandText text{
      "template", "Render a chat template, or show a model's",
      "With --jsonl each line of standard input is a JSON object with `messages`, `tools`,\n"
      "`add_generation_prompt` and any other variables, and each line of output the rendered\n"
      "text as a JSON string, or {\"error\": …}; the exit code is then 1 at the end.\n\n"
      "  ridge template smollm2-135m                        the template itself\n"
      "  ridge template smollm2-135m --jsonl < cases.jsonl\n"
      "  ridge template --file chat.jinja --jsonl < cases.jsonl"};
  add_command<TemplateOptions>(
      line, chosen, text,
      [](OptionSet& set, TemplateOptions& options) {
        set.value("MODEL,-m,--model", options.model, "A GGUF file, or a name of the store");
        set.value("--file", options.file, "A Jinja template in place of a model's");
        set.flag("--jsonl", options.jsonl, "JSON objects in, JSON strings out, a line each");
      },
      run_template);
}

}  // namespace ridge::cli
