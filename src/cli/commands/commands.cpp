#include "cli/commands/commands.h"

namespace ridge::cli {

void add_commands(CommandLine& line, Action& chosen) {
  add_run(line, chosen);
  add_chat(line, chosen);
  add_serve(line, chosen);
  add_pull(line, chosen);
  add_list(line, chosen);
  add_rm(line, chosen);
  add_inspect(line, chosen);
  add_bench(line, chosen);
  add_plan(line, chosen);
  add_calibrate(line, chosen);
  add_synth(line, chosen);
  add_perplexity(line, chosen);
  add_logits(line, chosen);
  add_tokenize(line, chosen);
  add_detokenize(line, chosen);
  add_template(line, chosen);
}

}  // namespace ridge::cli
