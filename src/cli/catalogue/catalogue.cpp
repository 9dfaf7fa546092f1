#include "cli/catalogue/catalogue.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/ascii.h"
#include "base/error.h"

namespace ridge::cli {
namespace {

using nlohmann::json;

constexpr int64_t kSchema = 1;
constexpr int64_t kMostOfShape = (int64_t{1} << 31) - 1;
constexpr int64_t kMostParameters = int64_t{1} << 48;

struct IntegerField {
  const char* name;
  int64_t ModelShape::* field;
  bool required;
};
constexpr IntegerField kIntegers[] = {
    {"n_layers", &ModelShape::n_layers, true},
    {"d_model", &ModelShape::d_model, true},
    {"n_heads", &ModelShape::n_heads, true},
    {"n_kv_heads", &ModelShape::n_kv_heads, true},
    {"head_dim", &ModelShape::head_dim, true},
    {"d_ff", &ModelShape::d_ff, true},
    {"n_vocab", &ModelShape::n_vocab, true},
    {"context", &ModelShape::context, true},
    {"n_rotated", &ModelShape::n_rotated, false},
    {"yarn_factor", &ModelShape::yarn_factor, false},
    {"yarn_context", &ModelShape::yarn_context, false},
    {"window", &ModelShape::window, false},
    {"global_head_dim", &ModelShape::global_head_dim, false},
    {"global_n_kv_heads", &ModelShape::global_n_kv_heads, false},
    {"global_interval", &ModelShape::global_interval, false},
    {"token_input_width", &ModelShape::token_input_width, false},
    {"n_shared_kv", &ModelShape::n_shared_kv, false},
    {"d_ff_shared_kv", &ModelShape::d_ff_shared_kv, false},
    {"n_experts", &ModelShape::n_experts, false},
    {"top_k", &ModelShape::top_k, false},
    {"d_expert", &ModelShape::d_expert, false},
    {"n_shared", &ModelShape::n_shared, false},
    {"d_shared", &ModelShape::d_shared, false},
    {"n_dense_layers", &ModelShape::n_dense_layers, false},
    {"expert_interval", &ModelShape::expert_interval, false},
    {"n_groups", &ModelShape::n_groups, false},
    {"n_groups_used", &ModelShape::n_groups_used, false},
    {"latent_dim", &ModelShape::latent_dim, false},
    {"v_dim", &ModelShape::v_dim, false},
    {"q_rank", &ModelShape::q_rank, false},
    {"attention_interval", &ModelShape::attention_interval, false},
    {"delta_k_heads", &ModelShape::delta_k_heads, false},
    {"delta_v_heads", &ModelShape::delta_v_heads, false},
    {"delta_dim", &ModelShape::delta_dim, false},
    {"conv_taps", &ModelShape::conv_taps, false},
    {"n_predictions", &ModelShape::n_predictions, false},
};

// Fields of one object; those that nobody asked for are refused.
class Fields {
 public:
  Fields(const json& object, std::string where) : object_(object), where_(std::move(where)) {
    if (!object.is_object()) fail(ErrorCode::kInvalidArgument, where_, ": expected an object");
  }
  const json* find(const char* name, bool required) {
    const auto found = object_.find(name);
    if (found != object_.end()) {
      ++n_read_;
      return &*found;
    }
    if (required) fail(ErrorCode::kInvalidArgument, where_, ": has no \"", name, "\"");
    return nullptr;
  }
  std::string text(const char* name) {
    const json& value = *find(name, true);
    if (!value.is_string()) wrong(name, "a string");
    return value.get<std::string>();
  }
  int64_t integer(const char* name, bool required, int64_t most) {
    const json* value = find(name, required);
    if (value == nullptr) return 0;
    if (!value->is_number_unsigned() || value->get<uint64_t>() > uint64_t(most)) {
      wrong(name, cat("a whole number up to ", most));
    }
    return value->get<int64_t>();
  }
  double positive(const char* name, double otherwise) {
    const json* value = find(name, false);
    if (value == nullptr) return otherwise;
    if (!value->is_number() || !(value->get<double>() > 0)) wrong(name, "a number above 0");
    return value->get<double>();
  }
  bool flag(const char* name) {
    const json* value = find(name, false);
    if (value != nullptr && !value->is_boolean()) wrong(name, "true or false");
    return value != nullptr && value->get<bool>();
  }
  void refuse_others(const std::vector<std::string_view>& known) const {
    if (n_read_ == object_.size()) return;
    for (const auto& [key, value] : object_.items()) {
      if (std::ranges::find(known, key) == known.end()) {
        fail(ErrorCode::kInvalidArgument, where_, ": unknown field \"", key, "\"");
      }
    }
  }

 private:
  [[noreturn]] void wrong(const char* name, std::string_view expected) const {
    fail(ErrorCode::kInvalidArgument, where_, ": \"", name, "\" is ", object_[name].dump(),
         ", expected ", expected);
  }

  const json& object_;
  std::string where_;
  size_t n_read_ = 0;
};

CatalogueEntry read_entry(const json& value, const std::string& where) {
  Fields fields(value, where);
  CatalogueEntry entry;
  ModelShape& shape = entry.shape;
  shape.name = fields.text("name");
  shape.architecture = fields.text("architecture");
  std::vector<std::string_view> known = {"name",      "architecture",  "tied",
                                         "rope_base", "biased_choice", "global_v_from_k",
                                         "norm_eps",  "parameters"};
  for (const IntegerField& f : kIntegers) {
    shape.*f.field = fields.integer(f.name, f.required, kMostOfShape);
    known.push_back(f.name);
  }
  shape.tied = fields.flag("tied");
  shape.biased_choice = fields.flag("biased_choice");
  shape.global_v_from_k = fields.flag("global_v_from_k");
  shape.rope_base = fields.positive("rope_base", shape.rope_base);
  shape.norm_eps = fields.positive("norm_eps", shape.norm_eps);
  entry.n_parameters = fields.integer("parameters", false, kMostParameters);
  fields.refuse_others(known);
  return entry;
}

json parse(std::string_view text, std::string_view what) {
  json value = json::parse(text, nullptr, false);
  if (value.is_discarded()) fail(ErrorCode::kInvalidArgument, what, " is no valid JSON");
  return value;
}

}  // namespace

std::vector<CatalogueEntry> parse_catalogue(std::string_view text) {
  const json value = parse(text, "the catalogue");
  Fields fields(value, "catalogue");
  if (const int64_t schema = fields.integer("schema", true, kMostOfShape); schema != kSchema) {
    fail(ErrorCode::kInvalidArgument, "the catalogue has schema ", schema, ", expected ", kSchema);
  }
  const json& models = *fields.find("models", true);
  fields.refuse_others({"schema", "models"});
  if (!models.is_array()) fail(ErrorCode::kInvalidArgument, "\"models\" is no array");
  std::vector<CatalogueEntry> entries;
  for (size_t i = 0; i < models.size(); ++i) {
    entries.push_back(read_entry(models[i], cat("models[", i, "]")));
  }
  return entries;
}

CatalogueEntry parse_shape(std::string_view text) {
  return read_entry(parse(text, "the shape"), "the shape");
}

CatalogueEntry find_shape(const std::vector<CatalogueEntry>& catalogue, std::string_view name) {
  const std::string wanted = ascii_lower(name);
  std::string near;
  for (const CatalogueEntry& entry : catalogue) {
    const std::string known = ascii_lower(entry.shape.name);
    if (known == wanted) return entry;
    if (known.starts_with(wanted.substr(0, 4)))
      near += cat(near.empty() ? "" : ", ", entry.shape.name);
  }
  fail(ErrorCode::kInvalidArgument, "no shape is called \"", name, "\"",
       near.empty() ? "; see --list" : cat("; there are ", near));
}

}  // namespace ridge::cli
