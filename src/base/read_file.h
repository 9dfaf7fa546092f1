// A file as one string, for texts that a person wrote and that are small. Any thread.
#pragma once

#include <filesystem>
#include <string>

namespace ridge {

// Throws Error{kNotFound, kIo}; kInvalidArgument for a folder.
std::string read_file(const std::filesystem::path& path);

}  // namespace ridge
