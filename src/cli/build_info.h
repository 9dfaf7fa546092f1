// Which sources this program was built from: src/cli/build_info.cmake writes it at each build.
#pragma once

namespace ridge::cli {

const char* build_commit();  // "6711cc6", "6711cc6-dirty"; "unknown" outside a git checkout
int build_number();          // commits up to it; 0: unknown

}  // namespace ridge::cli
