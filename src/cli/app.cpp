#include "cli/app.h"

#include <new>

#include "base/error.h"
#include "cli/commands/commands.h"
#include "cli/exit_code.h"
#include "cli/options/command_line.h"
#include "cli/ui/format.h"

namespace ridge::cli {
namespace {

constexpr CommandLine::Program kProgram{
    .name = "ridge",
    .summary = "Ridgeline runs large language models at the speed this machine's memory allows.",
    .version = "ridge 0.1.0",
    .details = R"(Try it:
  ridge run smollm2-135m -p "Why is the sky blue?"
  ridge chat smollm2-135m
  ridge pull Qwen/Qwen3-0.6B-GGUF:Q8_0

'ridge COMMAND --help' explains a command and shows examples.)"};

int run_command(const std::vector<std::string>& arguments, Context& context) {
  CommandLine line(kProgram);
  Action chosen;
  add_commands(line, chosen);
  const CommandLine::Parsed parsed = line.parse(arguments);
  switch (parsed.outcome) {
    case CommandLine::Outcome::kHelp:
    case CommandLine::Outcome::kVersion:
      context.out.write(parsed.text);
      return kExitOk;
    case CommandLine::Outcome::kWrong:
      context.err.line(cat(context.err.palette().red("error: "), printable(parsed.text)));
      context.err.line(cat("See '", parsed.command, " --help'."));
      return kExitUsage;
    case CommandLine::Outcome::kCommand:
      break;
  }
  return chosen(context);
}

int report(const Error& error, Context& context) {
  const bool stopped = error.code() == ErrorCode::kCancelled;
  const std::string label = stopped ? "" : context.err.palette().red("error: ");
  context.err.line(label + printable(error.what()));
  return exit_code(error.code());
}

int guarded(const std::vector<std::string>& arguments, Context& context) {
  try {
    const int code = run_command(arguments, context);
    context.out.flush();
    return code;
  } catch (const Error& error) {
    return report(error, context);
  } catch (const PipeClosed&) {
    return kExitOk;
  } catch (const std::bad_alloc&) {
    context.err.line(
        "error: out of memory; a smaller model, or a shorter context (-c), needs less");
    return kExitDoesNotFit;
  } catch (const std::exception& error) {
    context.err.line(cat("error: ", printable(error.what())));
    return kExitFailure;
  }
}

}  // namespace

int run_app(const std::vector<std::string>& arguments, Context& context) noexcept {
  try {
    const int code = guarded(arguments, context);
    context.err.flush();
    return code;
  } catch (...) {  // standard error cannot be written to either
    return kExitFailure;
  }
}

}  // namespace ridge::cli
