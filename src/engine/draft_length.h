// DraftLength: how many tokens to draft for the next step. It learns what drafts and passes of the
// model cost here and how far drafts are accepted, and takes the length with the most tokens per
// second; none at all where drafting does not pay. Now and then it steps aside to learn what has
// changed. It decides about time only, never about text. One thread; allocates nothing.
#pragma once

#include <array>
#include <cstdint>

namespace ridge {

inline constexpr int kMostDraft = 15;  // with the token before them: 16 columns of a pass

class DraftLength {
 public:
  explicit DraftLength(int most);  // 1 … kMostDraft

  void begin();  // a new request: a drafter that did not pay is soon tried again
  int next();

  struct Step {
    int n_drafted = 0;  // the pass has one column more
    int n_accepted = 0;
    double draft_seconds = 0;
    double pass_seconds = 0;
    bool draft_read_prompt = false;  // its time says nothing about others
  };
  void record(const Step& step);

  double plain_seconds() const { return pass_[0].mean; }  // of a pass of one column; 0: unknown
  int64_t n_plain() const { return pass_[0].count; }      // that were measured

 private:
  // A mean that forgets; outliers (another process, a page fault) count in part.
  struct Mean {
    double mean = 0;
    int64_t count = 0;
    void add(double value);
  };
  int best(int least) const;
  double rate(int n) const;          // tokens per second with drafts of n
  double pass_seconds(int n) const;  // of a pass after n drafted tokens
  double acceptance(int i) const;    // of draft i where those before it were accepted

  int most_;
  int longest_ = 0;  // drafted so far
  std::array<Mean, kMostDraft + 1> pass_;
  Mean draft_;  // seconds for each drafted token
  std::array<double, kMostDraft> reached_{}, accepted_{};
  int64_t n_steps_ = 0;
  int64_t wait_;  // plain steps between two looks at a drafter that does not pay
  int64_t waited_ = 0;
};

}  // namespace ridge
