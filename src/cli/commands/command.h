// What the files of commands/ share: a command whose options are a plain struct.
#pragma once

#include <memory>

#include "cli/commands/commands.h"
#include "cli/options/command_line.h"

namespace ridge::cli {

// Adds the command; declare(set, options) adds its options, run(options, context) does the work.
// Parent: CommandLine, or the OptionSet of the command above it.
template <class Options, class Parent, class Declare>
void add_command(Parent& line, Action& chosen, const CommandText& text, const Declare& declare,
                 int (*run)(const Options&, Context&)) {
  const auto options = std::make_shared<Options>();
  OptionSet set = line.add_command(text, [&chosen, options, run] {
    chosen = [options, run](Context& context) { return run(*options, context); };
  });
  declare(set, *options);
}

}  // namespace ridge::cli
