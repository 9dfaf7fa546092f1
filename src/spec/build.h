// From metadata to ModelSpec.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gguf/file.h"
#include "gguf/metadata.h"
#include "spec/spec.h"

namespace ridge {

// Throws Error{kUnsupported} for an architecture or a key that changes the result and is not
// implemented, naming it, and Error{kInvalidFile} for values that contradict each other.
ModelSpec build_spec(const gguf::Metadata& metadata,
                     const std::function<bool(std::string_view)>& has_tensor);

// As above for an open file; also checks that every tensor the spec names is there with its shape,
// and that the file holds none that the architecture does not use.
ModelSpec build_spec(const gguf::File& file);

std::vector<std::string_view> known_architectures();

}  // namespace ridge
