// What a command gets besides its options: the environment as main read it, and where to write. The
// only place where environment variables enter; everything below is told.
#pragma once

#include <filesystem>
#include <string>

#include "cli/ui/output.h"
#include "hub/store.h"

namespace ridge::cli {

struct Environment {
  std::filesystem::path cache;  // RIDGE_CACHE, else ~/.cache/ridgeline
  std::filesystem::path data;   // RIDGE_DATA, else XDG_DATA_HOME/ridgeline, else ~/.local/share/…
  std::string hub_endpoint;     // HF_ENDPOINT, else https://huggingface.co
  std::string hub_token;        // HF_TOKEN; empty: none
  std::string api_key;          // OPENAI_API_KEY, for a server that is measured; empty: none
  bool colour = true;           // no NO_COLOR, and TERM is not "dumb"
};
Environment read_environment();

struct Context {
  Environment environment;
  Output out;
  Output err;

  hub::ModelStore store() const { return hub::ModelStore(environment.cache / "models"); }
};
Context make_context();

}  // namespace ridge::cli
