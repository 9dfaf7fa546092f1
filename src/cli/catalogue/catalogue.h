// The catalogue of known models: data/models.json, which is built into the program. The reader
// knows every field and refuses what it does not know. Any thread.
#pragma once

#include <string_view>
#include <vector>

#include "spec/shape.h"

namespace ridge::cli {

struct CatalogueEntry {
  ModelShape shape;
  int64_t n_parameters = 0;  // as published, to three figures at least; 0: not known
};

// Throws Error{kInvalidArgument} for JSON that is no catalogue or no shape: "models[3]: …".
std::vector<CatalogueEntry> parse_catalogue(std::string_view json);
CatalogueEntry parse_shape(std::string_view json);  // one object

std::string_view builtin_catalogue();  // the JSON

// Case-insensitive. Throws Error{kInvalidArgument} with names that come near.
CatalogueEntry find_shape(const std::vector<CatalogueEntry>& catalogue, std::string_view name);

}  // namespace ridge::cli
