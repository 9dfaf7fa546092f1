// A command's options in a TOML file: one table of long names. The only file pair that includes
// toml++. One thread.
#pragma once

#include <memory>
#include <string>

namespace CLI {
class App;
class Config;
}  // namespace CLI

namespace ridge::cli {

// For CLI11: reads such files for the command of that name. Reading throws CLI::ParseError.
std::shared_ptr<CLI::Config> make_config_reader(const std::string& command);

// What the help calls the value of an option that is a secret.
inline constexpr const char* kSecretType = "SECRET";

// The values that a parsed command's options have, as such a file. Of a secret it says in a comment
// that it is set, and which option names a file of it: the same with "-file".
std::string config_text(const CLI::App& command);

}  // namespace ridge::cli
