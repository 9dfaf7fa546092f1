// The one exception type of the project. Thrown for everything the outside can cause (a file, a
// request, memory, a device) and caught in three places only: the CLI's main, the HTTP handler and
// the engine's per-request step. A message names the thing, the value found and the value wanted,
// in a sentence that a person can act on. Broken invariants are not errors: see base/check.h.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "base/strcat.h"

namespace ridge {

enum class ErrorCode {
  kInvalidArgument,  // a flag, a parameter or a request is wrong
  kNotFound,         // a file, a model or a name does not exist
  kInvalidFile,      // bytes of a file contradict its format
  kUnsupported,      // well-formed, but not implemented here
  kOutOfMemory,      // would not fit, or the system refused
  kIo,               // the disk or the file system failed
  kNetwork,          // a download failed
  kDevice,           // a back end failed
  kCancelled,        // stopped on request
  kBusy,             // too much asked at once; later it may work
};

class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

// Throws Error with the parts joined, as in fail(ErrorCode::kNotFound, "no file ", path).
template <class... Parts>
[[noreturn]] void fail(ErrorCode code, const Parts&... parts) {
  throw Error(code, cat(parts...));
}

}  // namespace ridge
