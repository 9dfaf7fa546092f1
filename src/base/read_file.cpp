#include "base/read_file.h"

#include <cerrno>
#include <fstream>
#include <iterator>

#include "base/error.h"
#include "base/file_descriptor.h"

namespace ridge {

std::string read_file(const std::filesystem::path& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    fail(ErrorCode::kInvalidArgument, path.string(), " is a folder, not a text");
  }
  std::ifstream in(path, std::ios::binary);
  if (!in) {
    fail(errno == ENOENT ? ErrorCode::kNotFound : ErrorCode::kIo, "cannot open ", path.string(),
         ": ", system_message(errno));
  }
  std::string text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  if (in.bad()) fail(ErrorCode::kIo, "cannot read ", path.string());
  return text;
}

}  // namespace ridge
