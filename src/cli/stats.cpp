#include "cli/stats.h"

#include <sys/resource.h>

#include "base/strcat.h"
#include "cli/ui/format.h"

namespace ridge::cli {

double RunStats::prompt_rate() const {
  const double n_read = double(engine.n_prompt - engine.n_reused);
  return engine.prompt_seconds > 0 ? n_read / engine.prompt_seconds : 0;
}

double RunStats::decode_rate() const {
  const bool measured = engine.n_generated > 1 && engine.decode_seconds > 0;
  return measured ? double(engine.n_generated - 1) / engine.decode_seconds : 0;
}

double RunStats::read_rate() const {
  return decode_rate() * engine.active_bytes;
}

double RunStats::bue() const {
  return bandwidth > 0 ? read_rate() / bandwidth : 0;
}

double RunStats::acceptance() const {
  const SpeculationStats& s = engine.speculation;
  return s.n_drafted > 0 ? double(s.n_accepted) / double(s.n_drafted) : 0;
}

double RunStats::tokens_per_pass() const {
  const SpeculationStats& s = engine.speculation;
  return s.n_drafted > 0 ? double(engine.n_generated - 1) / double(s.n_passes) : 0;
}

double RunStats::speed_up() const {
  return engine.speculation.n_drafted > 0 ? decode_rate() * engine.speculation.plain_seconds : 0;
}

namespace {

std::string speculation_text(const RunStats& stats) {
  const SpeculationStats& s = stats.engine.speculation;
  if (s.n_drafted == 0) return cat(" · ", s.drafter, " did not pay");
  std::string text =
      cat(" · ", s.drafter, " ", human_count(s.n_accepted), " of ", human_count(s.n_drafted),
          " accepted (", fixed(100 * stats.acceptance(), 0), " %), ",
          fixed(stats.tokens_per_pass(), 2), " tokens a pass");
  if (stats.speed_up() > 0) text += cat(", ", fixed(stats.speed_up(), 2), "× plain");
  return text;
}

}  // namespace

std::string stats_line(const RunStats& stats) {
  const GenerateStats& engine = stats.engine;
  std::string line = cat("prompt ", significant(stats.prompt_rate()), " tok/s (",
                         human_count(engine.n_prompt - engine.n_reused));
  if (engine.n_reused > 0) line += cat(" + ", human_count(engine.n_reused), " cached");
  line += ")";
  if (stats.decode_rate() > 0) {
    line +=
        cat(" · decode ", significant(stats.decode_rate()), " tok/s (",
            human_count(engine.n_generated), ") · ", significant(stats.read_rate() / 1e9), " GB/s");
    if (stats.bandwidth > 0) {
      line += cat(" of ", significant(stats.bandwidth / 1e9), " measured, BUE ",
                  fixed(100 * stats.bue(), 0), " %");
    }
  }
  if (!engine.speculation.drafter.empty()) line += speculation_text(stats);
  line += cat(" · first token ", human_seconds(engine.first_token_seconds), " · peak ",
              human_bytes(double(stats.peak_memory)));
  return line;
}

uint64_t peak_memory_bytes() {
  rusage usage{};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
#ifdef __APPLE__
  return uint64_t(usage.ru_maxrss);
#else
  return uint64_t(usage.ru_maxrss) * 1024;  // Linux counts in kilobytes
#endif
}

}  // namespace ridge::cli
