#include "cli/bench/machine_check.h"

#include "base/error.h"
#include "cli/ui/format.h"

namespace ridge::cli {
namespace {

constexpr std::chrono::milliseconds kWindow{300};

}  // namespace

std::vector<std::string> check_machine(const Needs& needs, Context& context) {
  std::vector<std::string> found = problems(read_conditions(kWindow), needs);
  for (const std::string& sentence : found) {
    context.err.line(cat(context.err.palette().red("warning: "), printable(sentence)));
  }
  context.err.flush();
  return found;
}

ExclusiveRun measure_alone(const Context& context) {
  const std::filesystem::path folder = context.environment.data;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    fail(ErrorCode::kIo, "cannot make the folder ", folder.string(), ": ", error.message());
  }
  const std::filesystem::path lock = folder / "bench.lock";
  if (auto run = ExclusiveRun::try_take(lock)) return std::move(*run);
  fail(ErrorCode::kDevice, "another 'ridge bench' is measuring (process ",
       ExclusiveRun::holder(lock), "); two at once measure each other, so wait for it or stop it");
}

}  // namespace ridge::cli
