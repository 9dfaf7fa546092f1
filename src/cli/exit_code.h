// What the program returns; docs/cli.md has the same table.
#pragma once

#include "base/error.h"

namespace ridge::cli {

enum ExitCode : int {
  kExitOk = 0,
  kExitFailure = 1,        // anything without a code of its own
  kExitUsage = 2,          // an option or argument is wrong
  kExitNotFound = 3,       // no such model, file or remote file
  kExitDoesNotFit = 4,     // memory or disk is too small
  kExitNetwork = 5,        // a download failed, or a server that is measured
  kExitBadModel = 6,       // the model file is damaged or not supported
  kExitInterrupted = 130,  // Ctrl-C
};

inline ExitCode exit_code(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return kExitUsage;
    case ErrorCode::kNotFound:
      return kExitNotFound;
    case ErrorCode::kOutOfMemory:
      return kExitDoesNotFit;
    case ErrorCode::kNetwork:
      return kExitNetwork;
    case ErrorCode::kInvalidFile:
    case ErrorCode::kUnsupported:
      return kExitBadModel;
    case ErrorCode::kCancelled:
      return kExitInterrupted;
    case ErrorCode::kIo:
    case ErrorCode::kDevice:
    case ErrorCode::kBusy:
      return kExitFailure;
  }
  return kExitFailure;
}

}  // namespace ridge::cli
