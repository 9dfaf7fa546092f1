#include "cli/options/config_file.h"

#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <sstream>

#include "base/strcat.h"

namespace ridge::cli {
namespace {

std::string as_word(const std::string& key, const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return std::to_string(number->get());
  if (const auto* number = node.as_floating_point()) return cat(number->get());
  if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
  throw CLI::ConfigError(cat("'", key,
                             "' in the configuration file is neither a text, a number, "
                             "true or false, nor a list of these"));
}

class TomlReader final : public CLI::Config {
 public:
  explicit TomlReader(std::string command) : command_(std::move(command)) {}

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
    toml::table table;
    try {
      table = toml::parse(input);
    } catch (const toml::parse_error& error) {
      throw CLI::ConfigError(cat("the configuration file is not TOML, line ",
                                 error.source().begin.line, ": ", error.description()));
    }
    std::vector<CLI::ConfigItem> found;
    for (const auto& [name, node] : table) {
      CLI::ConfigItem item;
      item.parents = {command_};
      item.name = std::string(name.str());
      if (const auto* list = node.as_array()) {
        for (const toml::node& entry : *list) item.inputs.push_back(as_word(item.name, entry));
      } else {
        item.inputs.push_back(as_word(item.name, node));
      }
      if (!item.inputs.empty()) found.push_back(std::move(item));
    }
    return found;
  }
  std::string to_config(const CLI::App* app, bool, bool, std::string) const override {
    return config_text(*app);
  }

 private:
  std::string command_;
};

std::string toml_text(const toml::table& table) {
  std::ostringstream out;
  out << table << "\n";
  return out.str();
}

void insert_value(toml::table& table, CLI::Option& option, const std::string& name) {
  const std::string type = option.get_type_name();
  if (option.get_expected_min() == 0) {  // a flag
    table.insert(name, option.count() > 0 && option.as<bool>());
    return;
  }
  if (option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll) {
    toml::array list;
    for (const std::string& word : option.results()) list.push_back(word);
    table.insert(name, std::move(list));
    return;
  }
  option.capture_default_str();  // what its variable holds now
  const std::string value = option.count() > 0 ? option.results().back() : option.get_default_str();
  if (type == "INT" || type == "UINT") {
    if (!value.empty()) table.insert(name, int64_t(std::stoll(value)));
  } else if (type == "FLOAT") {
    if (!value.empty()) table.insert(name, std::stod(value));
  } else {
    table.insert(name, value);
  }
}

std::string secret_comment(const std::string& name) {
  return cat("# ", name, " is set and not shown; write it into a file and name that: ", name,
             "-file = 'FILE'\n");
}

}  // namespace

std::shared_ptr<CLI::Config> make_config_reader(const std::string& command) {
  return std::make_shared<TomlReader>(command);
}

std::string config_text(const CLI::App& command) {
  std::string comments;
  toml::table table;
  for (const CLI::Option* option : command.get_options()) {
    const auto& names = option->get_lnames();
    if (names.empty() || names[0] == "help" || names[0] == "print-config") continue;
    if (option->get_type_name() == kSecretType && option->count() > 0) {
      comments += secret_comment(names[0]);
    } else {
      insert_value(table, const_cast<CLI::Option&>(*option), names[0]);
    }
  }
  return comments + toml_text(table);
}

}  // namespace ridge::cli
