// The catalogue of known models: data/models.json, which is built into the program. The reader
// knows every field and refuses what it does not know. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/shape.h"

namespace ridge::planner {

struct CatalogueEntry {
  ModelShape shape;
  std::vector<std::string> aliases;  // other names of the same shape
  int64_t n_parameters = 0;          // as published, to three figures at least; 0: not known
  std::string note;                  // where the shape is not quite that of the model
};

// Throws Error{kInvalidArgument} for JSON that is no catalogue or no shape: "models[3]: …".
std::vector<CatalogueEntry> parse_catalogue(std::string_view json);
CatalogueEntry parse_shape(std::string_view json);  // one object

// By name or alias; see name_key(). Null: there is none.
const CatalogueEntry* find_entry(const std::vector<CatalogueEntry>& catalogue,
                                 std::string_view name);
// The same, but throws Error{kInvalidArgument} with names that come near.
const CatalogueEntry& find_shape(const std::vector<CatalogueEntry>& catalogue,
                                 std::string_view name);

}  // namespace ridge::planner
