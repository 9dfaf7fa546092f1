// Every command of the program: add_<name> declares its options and help on the line; when what
// is typed names it, `chosen` becomes the function that runs it and gives the exit code.
#pragma once

#include <functional>

#include "cli/context.h"

namespace ridge::cli {

class CommandLine;

using Action = std::function<int(Context&)>;

void add_run(CommandLine& line, Action& chosen);
void add_chat(CommandLine& line, Action& chosen);
void add_serve(CommandLine& line, Action& chosen);
void add_pull(CommandLine& line, Action& chosen);
void add_list(CommandLine& line, Action& chosen);
void add_rm(CommandLine& line, Action& chosen);
void add_inspect(CommandLine& line, Action& chosen);
void add_bench(CommandLine& line, Action& chosen);
void add_plan(CommandLine& line, Action& chosen);
void add_calibrate(CommandLine& line, Action& chosen);
void add_synth(CommandLine& line, Action& chosen);
void add_perplexity(CommandLine& line, Action& chosen);
void add_logits(CommandLine& line, Action& chosen);
void add_tokenize(CommandLine& line, Action& chosen);
void add_detokenize(CommandLine& line, Action& chosen);
void add_template(CommandLine& line, Action& chosen);

void add_commands(CommandLine& line, Action& chosen);  // all of them, in the order of the help

}  // namespace ridge::cli
