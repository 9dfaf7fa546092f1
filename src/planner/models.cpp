#include "planner/models.h"

#include "base/error.h"
#include "planner/json_fields.h"
#include "planner/names.h"

namespace ridge::planner {
namespace {

using nlohmann::json;

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

CatalogueEntry read_entry(const json& value, const std::string& where) {
  JsonFields fields(value, where);
  CatalogueEntry entry;
  ModelShape& shape = entry.shape;
  shape.name = fields.text("name");
  shape.architecture = fields.text("architecture");
  for (const IntegerField& f : kIntegers) {
    shape.*f.field =
        f.required ? fields.integer(f.name, kMostOfShape) : fields.integer(f.name, kMostOfShape, 0);
  }
  shape.tied = fields.flag("tied");
  shape.biased_choice = fields.flag("biased_choice");
  shape.global_v_from_k = fields.flag("global_v_from_k");
  shape.rope_base = fields.positive("rope_base", shape.rope_base);
  shape.norm_eps = fields.positive("norm_eps", shape.norm_eps);
  entry.aliases = fields.texts("aliases");
  entry.n_parameters = fields.integer("parameters", kMostParameters, 0);
  entry.note = fields.text("note", "");
  fields.refuse_others();
  return entry;
}

bool is_named(const CatalogueEntry& entry, std::string_view key) {
  if (name_key(entry.shape.name) == key) return true;
  for (const std::string& alias : entry.aliases) {
    if (name_key(alias) == key) return true;
  }
  return false;
}

}  // namespace

std::vector<CatalogueEntry> parse_catalogue(std::string_view text) {
  const json value = parse_json(text, "the catalogue of models");
  JsonFields fields(value, "the catalogue of models");
  check_schema(fields);
  const json& models = fields.array("models");
  fields.refuse_others();
  std::vector<CatalogueEntry> entries;
  for (size_t i = 0; i < models.size(); ++i) {
    entries.push_back(read_entry(models[i], cat("models[", i, "]")));
  }
  return entries;
}

CatalogueEntry parse_shape(std::string_view text) {
  return read_entry(parse_json(text, "the shape"), "the shape");
}

const CatalogueEntry* find_entry(const std::vector<CatalogueEntry>& catalogue,
                                 std::string_view name) {
  const std::string key = name_key(name);
  for (const CatalogueEntry& entry : catalogue) {
    if (is_named(entry, key)) return &entry;
  }
  return nullptr;
}

const CatalogueEntry& find_shape(const std::vector<CatalogueEntry>& catalogue,
                                 std::string_view name) {
  if (const CatalogueEntry* entry = find_entry(catalogue, name)) return *entry;
  std::vector<std::string> names;
  for (const CatalogueEntry& entry : catalogue) {
    names.push_back(entry.shape.name);
    names.insert(names.end(), entry.aliases.begin(), entry.aliases.end());
  }
  fail(ErrorCode::kInvalidArgument, "no model is called \"", name, "\"", suggestion(name, names));
}

}  // namespace ridge::planner
