#include "base/strcat.h"
#include "cli/inspect/model_report.h"
#include "cli/ui/format.h"
#include "cli/ui/table.h"

namespace ridge::cli {
namespace {

std::string share(double part, double whole) {
  return whole > 0 ? fixed(100 * part / whole, 1) + " %" : "";
}

std::string indented(const std::string& block) {
  std::string out = "  ";
  for (size_t i = 0; i < block.size(); ++i) {
    out += block[i];
    if (block[i] == '\n' && i + 1 < block.size()) out += "  ";
  }
  return out;
}

std::string file_part(const ModelReport& report) {
  Table table({{""}, {""}});
  if (!report.name.empty()) table.add({"name", printable(report.name)});
  table.add({"file", cat(report.path.string(), report.n_parts > 1
                                                   ? cat(" and its other parts, ", report.n_parts)
                                                   : std::string())});
  table.add({"size", cat(human_bytes(double(report.n_bytes)), ", GGUF v", report.version)});
  table.add({"architecture", printable(report.architecture)});
  if (report.tensors.empty()) {
    table.add({"tensors", "none: a vocabulary only"});
    return table.str();
  }
  table.add({"quantisation", report.quant});
  table.add({"parameters", cat(significant(double(report.n_parameters) / 1e6), " M in ",
                               plural(int64_t(report.tensors.size()), "tensor"))});
  return table.str();
}

std::string spec_part(const ModelSpec& spec) {
  Table table({{""}, {""}});
  table.add({"context", plural(spec.context_length, "token")});
  table.add({"width", cat("d_model ", spec.d_model, ", vocabulary ", spec.n_vocab,
                          spec.tied_output() ? ", output tied to the embedding" : "")});
  std::string extras;
  if (spec.embedding_scale != 1) extras += cat("embedding × ", spec.embedding_scale, "  ");
  if (spec.logit_scale != 1) extras += cat("logits × ", spec.logit_scale, "  ");
  if (spec.logit_softcap != 0) extras += cat("logits capped at ", spec.logit_softcap);
  if (!extras.empty()) table.add({"scales", extras});
  for (const LayerGroup& group : group_layers(spec)) {
    table.add({cat(plural(group.n_layers, "layer")), cat(group.layers, ": ", group.description)});
  }
  if (spec.prediction) {
    table.add({"prediction", "1 layer for the token after next; --speculate mtp guesses with it"});
  }
  return table.str();
}

std::string types_part(const ModelReport& report) {
  Table table(
      {{"type"}, {"tensors", Align::kRight}, {"bytes", Align::kRight}, {"", Align::kRight}});
  double total = 0;
  for (const gguf::TypeBytes& type : report.types) total += double(type.n_bytes);
  for (const gguf::TypeBytes& type : report.types) {
    table.add({std::string(info(type.dtype).name), human_count(type.n_tensors),
               human_bytes(double(type.n_bytes)), share(double(type.n_bytes), total)});
  }
  return table.str();
}

std::string classes_part(const ModelReport& report) {
  Table table({{"class"},
               {"tensors", Align::kRight},
               {"parameters", Align::kRight},
               {"bytes", Align::kRight},
               {"", Align::kRight}});
  double total = 0;
  for (const ClassBytes& c : report.classes) total += double(c.n_bytes);
  for (const ClassBytes& c : report.classes) {
    table.add({std::string(name(c.role)), human_count(c.n_tensors),
               significant(double(c.n_parameters) / 1e6) + " M", human_bytes(double(c.n_bytes)),
               share(double(c.n_bytes), total)});
  }
  return table.str();
}

std::string kv_part(const ModelReport& report) {
  Table table({{"cache"},
               {"type"},
               {"layers", Align::kRight},
               {"a token", Align::kRight},
               {"most for a sequence", Align::kRight}});
  for (const KvFacts& facts : report.kv) {
    for (const KvKindBytes& kind : facts.kinds) {
      const bool is_state = kind.bytes_per_sequence > 0;
      table.add({kind.kind, std::string(info(is_state ? DType::kF32 : facts.dtype).name),
                 human_count(kind.n_layers), human_bytes(double(kind.bytes_per_token)),
                 human_bytes(double(kind.bytes(report.spec->context_length)))});
    }
  }
  return table.str();
}

std::string tokenizer_part(const ModelReport& report) {
  Table table({{""}, {""}});
  if (!report.tokenizer) {
    table.add({"tokenizer", cat("not usable: ", printable(report.tokenizer_problem))});
  } else {
    const TokenizerFacts& facts = *report.tokenizer;
    table.add({"tokenizer", cat(facts.model, " ", facts.pre_tokenizer, ", ",
                                human_count(facts.n_vocab), " tokens")});
    table.add({"BOS, EOS",
               cat(facts.bos, facts.adds_bos ? " (added)" : " (not added)", ", ", facts.eos)});
    std::string ends;
    for (const std::string& token : facts.end_tokens) ends += (ends.empty() ? "" : "  ") + token;
    table.add({"ends at", shorten(printable(ends), 72)});
  }
  table.add(
      {"chat template", report.chat_template.empty()
                            ? std::string("none: a base model")
                            : cat(human_count(int64_t(report.chat_template.size())), " bytes")});
  return table.str();
}

}  // namespace

std::string report_text(const ModelReport& report, const Palette& palette) {
  const auto section = [&palette](std::string_view title, const std::string& body) {
    return cat("\n", palette.bold(title), "\n", indented(body));
  };
  std::string out = indented(file_part(report));
  if (!report.spec_problem.empty()) {
    out += section("Not supported", printable(report.spec_problem) + "\n");
  }
  if (report.spec) out += section("Model", spec_part(*report.spec));
  if (!report.types.empty()) out += section("Bytes by type", types_part(report));
  if (report.spec) {
    out += section("Bytes by class", classes_part(report));
    out +=
        cat("  a decoded token reads ", human_bytes(double(report.active_bytes)), " of weights\n");
    out += section("Cache", kv_part(report));
  }
  return out + section("Text", tokenizer_part(report));
}

std::string tensors_text(const ModelReport& report) {
  Table table({{"tensor"}, {"type"}, {"shape"}, {"bytes", Align::kRight}});
  for (const gguf::TensorInfo& tensor : report.tensors) {
    std::string shape;
    for (int i = 0; i < tensor.rank; ++i) {
      shape += cat(i > 0 ? " × " : "", tensor.dims[size_t(i)]);
    }
    table.add({printable(tensor.name), std::string(info(tensor.dtype).name), shape,
               human_count(int64_t(tensor.n_bytes))});
  }
  return table.str();
}

}  // namespace ridge::cli
