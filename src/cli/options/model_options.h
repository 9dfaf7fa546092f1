// The options of every command that loads a model, and the loading itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "backend/backend.h"
#include "cli/context.h"
#include "engine/engine.h"

namespace ridge::cli {

class OptionSet;

struct ModelOptions {
  std::string model;      // a path or a name of the store
  int64_t n_context = 0;  // tokens; 0: the model's own, at most what the engine says
  int64_t n_batch = 512;  // prompt tokens a forward pass takes
  int n_threads = 0;      // 0: one per core
  std::string isa;        // empty: the best of this machine
  std::string k_type = "f16";
  std::string v_type = "f16";
  bool allow_paging = false;
  std::string speculate = "off";  // mtp: the model's own prediction layer guesses; ngram
  std::string draft;  // a model that guesses tokens for this one, named likewise; empty: none
  int64_t most_draft = SpeculationOptions{}.most;
};

void declare_model(OptionSet& set, std::string& model);             // MODEL or -m
void declare_context(OptionSet& set, int64_t& n_context);           // -c
void declare_machine(OptionSet& set, ModelOptions& options);        // how to run it
void declare_speculation(OptionSet& set, ModelOptions& options);    // who guesses, and how much
void declare_model_options(OptionSet& set, ModelOptions& options);  // all three

std::string isa_levels();  // "generic, avx2, avx512_vnni (not here)"

// The file that `model` names: a path, or a short name of the store. Throws Error{kNotFound} that
// lists names like it and the next step.
std::filesystem::path find_model(const std::string& model, const Context& context);

void declare_paging(OptionSet& set, bool& allow_paging);
// Says on standard error what is read from disk, when anything is.
void warn_of_paging(const MemoryPlan& plan, Context& context);

// "f16" or "q8_0"; else throws Error{kInvalidArgument} that names the option.
DType cache_dtype(const std::string& name, const char* option);

EngineOptions engine_options(const ModelOptions& options, const Context& context);
std::unique_ptr<Backend> make_backend(const ModelOptions& options);

struct LoadedModel {
  std::filesystem::path path;
  std::unique_ptr<Backend> backend;  // outlives the engine
  std::unique_ptr<Engine> engine;
  double load_seconds = 0;
};
// Shows a progress bar when it takes long. Throws what Engine and the back end throw.
LoadedModel load_model(const ModelOptions& options, Context& context);

}  // namespace ridge::cli
