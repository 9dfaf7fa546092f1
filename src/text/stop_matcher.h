// StopMatcher: watches a stream of text for stop strings. Text that may be the beginning of one is
// held back until it is decided. Of several that match, that one ends the text which is complete
// first (and of those the longest), however the text was cut into pieces. One per stream; one
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ridge::text {

class StopMatcher {
 public:
  // Empty strings never match.
  explicit StopMatcher(std::vector<std::string> stops);

  struct Output {
    std::string text;      // safe to pass on
    bool stopped = false;  // a stop string is complete: `text` ends before it, what follows is lost
    std::string stop;      // … which
  };
  Output push(std::string_view piece);
  std::string finish();  // the stream is over: what was held back

 private:
  std::vector<std::string> stops_;
  std::string held_;
};

}  // namespace ridge::text
