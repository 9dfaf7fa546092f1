#include "text/template/filters.h"

#include <unordered_map>

#include "text/template/filter_tables.h"

namespace ridge::text {

FilterFunction find_filter(std::string_view name) {
  static const auto table = [] {
    std::unordered_map<std::string_view, FilterFunction> all;
    for (const auto filters :
         {text_filters(), sequence_filters(), choosing_filters(), value_filters()}) {
      for (const FilterEntry& entry : filters) all.emplace(entry.name, entry.function);
    }
    return all;
  }();
  const auto it = table.find(name);
  return it == table.end() ? nullptr : it->second;
}

}  // namespace ridge::text
