#include "cli/context.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

#include "cli/ui/terminal.h"

namespace ridge::cli {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

std::filesystem::path home() {
  const std::string from_environment = variable("HOME");
  if (!from_environment.empty()) return from_environment;
  const passwd* user = ::getpwuid(::getuid());
  return user != nullptr ? user->pw_dir : "/";
}

// What a user would not want to lose with a cache.
std::filesystem::path data_folder() {
  const std::string own = variable("RIDGE_DATA");
  if (!own.empty()) return own;
  const std::string shared = variable("XDG_DATA_HOME");
  const bool is_absolute = shared.starts_with('/');  // as the XDG base directory rules want it
  return (is_absolute ? std::filesystem::path(shared) : home() / ".local" / "share") / "ridgeline";
}

Palette palette_for(std::FILE* file, const Environment& environment) {
  const bool coloured = environment.colour && is_terminal(::fileno(file));
  return Palette(coloured ? Palette::Mode::kColoured : Palette::Mode::kPlain);
}

}  // namespace

Environment read_environment() {
  Environment environment;
  const std::string cache = variable("RIDGE_CACHE");
  environment.cache =
      cache.empty() ? home() / ".cache" / "ridgeline" : std::filesystem::path(cache);
  environment.data = data_folder();
  environment.api_key = variable("OPENAI_API_KEY");
  environment.hub_endpoint = variable("HF_ENDPOINT");
  if (environment.hub_endpoint.empty()) environment.hub_endpoint = "https://huggingface.co";
  while (environment.hub_endpoint.ends_with('/')) environment.hub_endpoint.pop_back();
  environment.hub_token = variable("HF_TOKEN");
  environment.colour = variable("NO_COLOR").empty() && variable("TERM") != "dumb";
  return environment;
}

Context make_context() {
  Environment environment = read_environment();
  const Palette out = palette_for(stdout, environment);
  const Palette err = palette_for(stderr, environment);
  return {.environment = std::move(environment),
          .out = Output(stdout, out),
          .err = Output(stderr, err)};
}

}  // namespace ridge::cli
