#include "cli/options/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/strcat.h"
#include "cli/options/config_file.h"
#include "cli/options/normalise.h"

namespace ridge::cli {
namespace {

constexpr size_t kHelpColumn = 34;

std::string unexpected(const std::vector<std::string>& words, bool no_command) {
  const std::string first = words.empty() ? std::string() : words.front();
  if (no_command && !first.starts_with('-')) return cat("no command '", first, "'");
  return cat("'", first, "' was not expected");
}

OptionSet add_below(CLI::App* parent, const CommandText& text, std::function<void()> on_chosen) {
  CLI::App* app = parent->add_subcommand(text.name, text.summary);
  app->footer(std::string("\n") + text.details);
  app->get_formatter()->column_width(kHelpColumn);
  app->callback([app, chosen = std::move(on_chosen)] {
    if (app->get_subcommands().empty()) chosen();
  });
  return OptionSet(app);
}

// The commands that the line names, from the program down.
std::vector<CLI::App*> named_commands(CLI::App* program) {
  std::vector<CLI::App*> named{program};
  for (auto below = program->get_subcommands(); !below.empty();
       below = named.back()->get_subcommands()) {
    named.push_back(below.front());
  }
  return named;
}

std::string joined_names(const std::vector<CLI::App*>& commands) {
  std::string text;
  for (const CLI::App* command : commands) {
    text += cat(text.empty() ? "" : " ", command->get_name());
  }
  return text;
}

}  // namespace

OptionRef& OptionRef::required() {
  option_->required();
  return *this;
}

OptionRef& OptionRef::group(const char* heading) {
  option_->group(heading);
  return *this;
}

OptionRef& OptionRef::within(double least, double most) {
  option_->check([least, most](const std::string& word) {
    double number = 0;
    const bool good = CLI::detail::lexical_cast(word, number) && number >= least && number <= most;
    return good ? std::string() : cat(word, " is not between ", least, " and ", most);
  });
  return *this;
}

OptionRef& OptionRef::one_of(std::vector<std::string> words) {
  option_->check(CLI::IsMember(std::move(words)));
  return *this;
}

OptionRef& OptionRef::secret() {
  option_->type_name(kSecretType);
  return *this;
}

OptionRef OptionSet::value(const char* names, std::string& target, const std::string& help) {
  return OptionRef(app_->add_option(names, target, help));
}
OptionRef OptionSet::value(const char* names, std::optional<std::string>& target,
                           const std::string& help) {
  return OptionRef(app_->add_option(names, target, help));
}
OptionRef OptionSet::value(const char* names, int& target, const std::string& help) {
  return OptionRef(app_->add_option(names, target, help));
}
OptionRef OptionSet::value(const char* names, int64_t& target, const std::string& help) {
  return OptionRef(app_->add_option(names, target, help));
}
OptionRef OptionSet::value(const char* names, std::optional<uint64_t>& target,
                           const std::string& help) {
  return OptionRef(app_->add_option(names, target, help));
}
OptionRef OptionSet::value(const char* names, float& target, const std::string& help) {
  return OptionRef(app_->add_option(names, target, help));
}
OptionRef OptionSet::value(const char* names, double& target, const std::string& help) {
  return OptionRef(app_->add_option(names, target, help));
}

OptionRef OptionSet::repeated(const char* names, std::vector<std::string>& target,
                              const std::string& help) {
  CLI::Option* option = app_->add_option(names, target, help);
  // One word each time: the next one may be MODEL.
  option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  return OptionRef(option);
}

OptionRef OptionSet::arguments(const char* name, std::vector<std::string>& target,
                               const std::string& help) {
  return OptionRef(app_->add_option(name, target, help));
}

OptionRef OptionSet::flag(const char* names, bool& target, const std::string& help) {
  return OptionRef(app_->add_flag(names, target, help));
}

void OptionSet::exclude(const char* one, const char* other) {
  app_->get_option(one)->excludes(app_->get_option(other));
}

void OptionSet::take_config_file() {
  CLI::App* program = app_->get_parent();
  program->set_config("--config")->group("");
  program->config_formatter(make_config_reader(app_->get_name()));
  program->allow_config_extras(CLI::config_extras_mode::error);
  app_->fallthrough();  // CLI11 reads such a file for the whole program only
}

std::string OptionSet::config_text() const {
  return cli::config_text(*app_);
}

CommandLine::CommandLine(const Program& program)
    : app_(std::make_unique<CLI::App>(program.summary, program.name)), version_(program.version) {
  app_->set_version_flag("--version", version_, "Print the version and leave");
  app_->footer(std::string("\n") + program.details);
  app_->get_formatter()->column_width(kHelpColumn);
}

CommandLine::~CommandLine() = default;

OptionSet CommandLine::add_command(const CommandText& text, std::function<void()> on_chosen) {
  return add_below(app_.get(), text, std::move(on_chosen));
}

OptionSet OptionSet::add_command(const CommandText& text, std::function<void()> on_chosen) {
  return add_below(app_, text, std::move(on_chosen));
}

CommandLine::Parsed CommandLine::parse(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = normalise(arguments);
  std::reverse(words.begin(), words.end());  // the order that CLI11 wants
  const auto command_name = [this] { return joined_names(named_commands(app_.get())); };
  try {
    app_->parse(std::move(words));
  } catch (const CLI::CallForVersion&) {
    return {.outcome = Outcome::kVersion, .text = version_ + "\n"};
  } catch (const CLI::CallForHelp&) {
    std::vector<CLI::App*> named = named_commands(app_.get());
    CLI::App* last = named.back();
    named.pop_back();
    return {.outcome = Outcome::kHelp, .text = last->help(joined_names(named))};
  } catch (const CLI::ExtrasError&) {  // whose own words come in no order
    return {.outcome = Outcome::kWrong,
            .text = unexpected(app_->remaining(true), app_->get_subcommands().empty()),
            .command = command_name()};
  } catch (const CLI::ParseError& error) {
    return {.outcome = Outcome::kWrong, .text = error.what(), .command = command_name()};
  }
  if (app_->get_subcommands().empty()) {
    return {.outcome = Outcome::kWrong, .text = "no command", .command = command_name()};
  }
  return {};
}

}  // namespace ridge::cli
