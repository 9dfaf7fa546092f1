// The command line as declared and read: the only files that include CLI11 are this pair and
// config_file. Options write into variables of their caller, which must live until parse() has
// returned. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace ridge::cli {

// An option that was just declared, to say more about it.
class OptionRef {
 public:
  explicit OptionRef(CLI::Option* option) : option_(option) {}
  OptionRef& required();
  OptionRef& group(const char* heading);         // of the help
  OptionRef& within(double least, double most);  // a number
  OptionRef& one_of(std::vector<std::string> words);
  // Its value is never shown; an option of its name and "-file" takes a file of it.
  OptionRef& secret();

 private:
  CLI::Option* option_;
};

struct CommandText {
  const char* name;
  const char* summary;  // one line of the program's help
  const char* details;  // below the options of the command's own help: rules and examples
};

// The options of one command. names: "-p,--prompt", or "NAME" for an argument without a dash.
class OptionSet {
 public:
  explicit OptionSet(CLI::App* app) : app_(app) {}

  OptionRef value(const char* names, std::string& target, const std::string& help);
  OptionRef value(const char* names, std::optional<std::string>& target, const std::string& help);
  OptionRef value(const char* names, int& target, const std::string& help);
  OptionRef value(const char* names, int64_t& target, const std::string& help);
  OptionRef value(const char* names, std::optional<uint64_t>& target, const std::string& help);
  OptionRef value(const char* names, float& target, const std::string& help);
  OptionRef value(const char* names, double& target, const std::string& help);
  OptionRef repeated(const char* names, std::vector<std::string>& target, const std::string& help);
  OptionRef arguments(const char* name, std::vector<std::string>& target, const std::string& help);
  OptionRef flag(const char* names, bool& target, const std::string& help);
  void exclude(const char* one, const char* other);  // not both of two declared options

  // `--config FILE`: a TOML file of this command's options by their long names; what the line says
  // goes before it. One command of the program may have one.
  void take_config_file();
  // All options as such a file, with the values that they have now.
  std::string config_text() const;

  // A command below this one: `ridge bench compare`.
  OptionSet add_command(const CommandText& text, std::function<void()> on_chosen);

 private:
  CLI::App* app_;
};

class CommandLine {
 public:
  struct Program {
    const char* name;
    const char* summary;
    const char* version;
    const char* details;
  };
  explicit CommandLine(const Program& program);
  ~CommandLine();

  // on_chosen is called by parse() when the line names the command and none below it.
  OptionSet add_command(const CommandText& text, std::function<void()> on_chosen);

  enum class Outcome { kCommand, kHelp, kVersion, kWrong };
  struct Parsed {
    Outcome outcome = Outcome::kCommand;
    std::string text;     // the help, the version, or what is wrong
    std::string command;  // whose help to read: "ridge run"
  };
  Parsed parse(const std::vector<std::string>& arguments);  // without the program's name

 private:
  std::unique_ptr<CLI::App> app_;
  std::string version_;
};

}  // namespace ridge::cli
