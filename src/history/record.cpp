#include "history/record.h"

#include "base/strcat.h"

namespace ridge::history {

std::vector<double> ResultRecord::rates() const {
  std::vector<double> values;
  for (const SampleRecord& sample : samples) {
    if (sample.seconds > 0) values.push_back(n_tokens / sample.seconds);
  }
  return values;
}

std::string ResultRecord::test() const {
  std::string name = n_prompt > 0 ? cat("pp", n_prompt) : "";
  if (n_gen > 0) name += cat(name.empty() ? "" : "+", "tg", n_gen);
  if (n_depth > 0) name += cat(" @ d", n_depth);
  if (n_columns > 1) name += cat(" x", n_columns);
  return name;
}

}  // namespace ridge::history
