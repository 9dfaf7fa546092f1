#include "text/stop_matcher.h"

#include <algorithm>
#include <utility>

namespace ridge::text {
namespace {

// Length of the longest end of `text` that begins `stop` without completing it.
size_t partial_match(std::string_view text, std::string_view stop) {
  for (size_t n = std::min(text.size(), stop.size() - 1); n > 0; --n) {
    if (stop.starts_with(text.substr(text.size() - n))) return n;
  }
  return 0;
}

}  // namespace

StopMatcher::StopMatcher(std::vector<std::string> stops) : stops_(std::move(stops)) {
  std::erase_if(stops_, [](const std::string& stop) { return stop.empty(); });
}

StopMatcher::Output StopMatcher::push(std::string_view piece) {
  held_ += piece;
  const std::string* first = nullptr;
  size_t first_end = std::string::npos;
  size_t undecided = 0;
  for (const std::string& stop : stops_) {
    const size_t begin = held_.find(stop);
    const size_t end = begin == std::string::npos ? begin : begin + stop.size();
    const bool is_longer = first != nullptr && end == first_end && stop.size() > first->size();
    if (end < first_end || is_longer) {
      first = &stop;
      first_end = end;
    }
    undecided = std::max(undecided, partial_match(held_, stop));
  }
  if (first != nullptr) {
    Output out{.text = held_.substr(0, first_end - first->size()), .stopped = true, .stop = *first};
    held_.clear();
    return out;
  }
  Output out{.text = held_.substr(0, held_.size() - undecided)};
  held_.erase(0, out.text.size());
  return out;
}

std::string StopMatcher::finish() {
  return std::exchange(held_, {});
}

}  // namespace ridge::text
