// The history of benchmarks on this machine: an SQLite file with a row for each run, test and
// sample. Processes may share it. One thread per object.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "history/record.h"
#include "history/sqlite.h"

namespace ridge::history {

class History {
 public:
  // Makes the file, and the folder it lies in, where there is none. Throws Error{kIo}, kInvalidFile
  // for a file that is no history, and kUnsupported for one that a newer version has written.
  explicit History(const std::filesystem::path& path);

  int64_t add(const RunRecord& run);  // its id; all of it or nothing

  std::vector<RunRecord> list(int64_t limit);  // newest first, at most so many

  // "12", "last", "last~1" (the one before), or a label (its newest run). Throws Error{kNotFound}.
  RunRecord find(std::string_view name);

  void remove(int64_t id);

 private:
  std::optional<int64_t> id_of(std::string_view name);
  RunRecord load(int64_t id);

  Database database_;
};

}  // namespace ridge::history
