// The filters by subject; find_filter searches them all.
#pragma once

#include <span>

#include "text/template/filters.h"

namespace ridge::text {

std::span<const FilterEntry> text_filters();
std::span<const FilterEntry> sequence_filters();
std::span<const FilterEntry> choosing_filters();
std::span<const FilterEntry> value_filters();

}  // namespace ridge::text
