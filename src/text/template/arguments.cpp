#include <algorithm>

#include "text/template/semantics.h"

namespace ridge::text {

std::vector<const Value*> bind(const CallArgs& args, const Signature& signature) {
  const auto& names = signature.parameters;
  if (args.positional.size() > names.size()) {
    type_error(signature.function, "() takes at most ", names.size(), " arguments, ",
               args.positional.size(), " were given");
  }
  std::vector<const Value*> bound(names.size(), nullptr);
  for (size_t i = 0; i < args.positional.size(); ++i) bound[i] = &args.positional[i];
  for (const auto& [name, value] : args.named) {
    const auto it = std::find(names.begin(), names.end(), name);
    if (it == names.end()) {
      type_error(signature.function, "() got an unexpected keyword argument '", name, "'");
    }
    const auto at = size_t(it - names.begin());
    if (bound[at]) {
      type_error(signature.function, "() got multiple values for argument '", name, "'");
    }
    bound[at] = &value;
  }
  for (size_t i = 0; i < signature.required; ++i) {
    if (!bound[i]) {
      type_error(signature.function, "() is missing the argument '", names[i], "'");
    }
  }
  return bound;
}

}  // namespace ridge::text
