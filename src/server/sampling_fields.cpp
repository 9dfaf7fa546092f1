#include "server/sampling_fields.h"

#include <charconv>
#include <limits>

#include "server/problem.h"

namespace ridge::server {
namespace {

constexpr double kAnyNumber = 1e30;
constexpr int64_t kMostTokens = int64_t{1} << 30;

void set(std::optional<double> value, float& target) {
  if (value) target = float(*value);
}
void set(std::optional<int64_t> value, int& target) {
  if (value) target = int(*value);
}

void read_cutting(Fields& fields, SamplerParams& params) {
  set(fields.number("temperature", 0, kAnyNumber), params.temperature);
  set(fields.integer("top_k", -1, kMostTokens), params.top_k);
  if (params.top_k < 0) params.top_k = 0;
  set(fields.number("top_p", 0, 1), params.top_p);
  set(fields.number("min_p", 0, 1), params.min_p);
  set(fields.number("typical_p", 0, 1), params.typical_p);
  set(fields.integer("min_keep", 0, kMostTokens), params.min_keep);
  if (params.min_keep < 1) params.min_keep = 1;
  set(fields.number("xtc_probability", 0, 1), params.xtc_probability);
  set(fields.number("xtc_threshold", 0, 1), params.xtc_threshold);
}

void read_penalties(Fields& fields, AnswerRequest& request) {
  SamplerParams& params = request.sampling;
  set(fields.number("presence_penalty", -100, 100), params.presence_penalty);
  set(fields.number("frequency_penalty", -100, 100), params.frequency_penalty);
  set(fields.number("repetition_penalty", 1e-6, 1000), params.repetition_penalty);
  set(fields.number("repeat_penalty", 1e-6, 1000), params.repetition_penalty);
  set(fields.integer("repeat_last_n", -1, kMostTokens), params.penalty_last_n);
  set(fields.number("dry_multiplier", 0, 1000), params.dry_multiplier);
  set(fields.number("dry_base", 1, 1000), params.dry_base);
  set(fields.integer("dry_allowed_length", 0, kMostTokens), params.dry_allowed_length);
  set(fields.integer("dry_penalty_last_n", -1, kMostTokens), params.dry_last_n);
  if (fields.find("dry_sequence_breakers") != nullptr) {
    request.dry_breakers = fields.strings("dry_sequence_breakers", 64);
  }
}

void read_mirostat(Fields& fields, SamplerParams& params) {
  const auto version = fields.integer("mirostat", 0, 2);
  if (version == 1) refuse_field("mirostat", "1 is not supported; 2 is, and 0 is none");
  if (version) params.mirostat = *version == 2;
  set(fields.number("mirostat_tau", 0, 1000), params.mirostat_tau);
  set(fields.number("mirostat_eta", 0, 1000), params.mirostat_eta);
}

int32_t token_of(const Json& value) {
  const int64_t token = value.is_number_integer() ? value.get<int64_t>() : -1;
  if (token < 0 || token > std::numeric_limits<int32_t>::max()) {
    refuse_field("logit_bias", cat("a token's number is wanted, and this is ", describe(value)));
  }
  return int32_t(token);
}

int32_t token_of(const std::string& digits) {
  int32_t token = -1;
  const auto end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, token);
  if (read.ec != std::errc() || read.ptr != end || token < 0) {
    refuse_field("logit_bias",
                 cat("a token's number is wanted, and this is ", describe(Json(digits))));
  }
  return token;
}

// llama.cpp has false for "never".
float bias_of(const Json& value) {
  if (value.is_boolean() && !value.get<bool>()) return -std::numeric_limits<float>::infinity();
  if (!value.is_number() || value.get<double>() < -kAnyNumber || value.get<double>() > kAnyNumber) {
    refuse_field("logit_bias", cat("a number is wanted, and this is ", describe(value)));
  }
  // −100 bans and 100 forces, says OpenAI.
  const double bias = value.get<double>();
  return bias <= -100 ? -std::numeric_limits<float>::infinity() : float(bias);
}

}  // namespace

void read_logit_bias(Fields& fields, AnswerRequest& request) {
  const Json* biases = fields.find("logit_bias");
  if (biases == nullptr) return;
  auto& out = request.sampling.logit_bias;
  if (biases->is_object()) {
    for (const auto& [token, bias] : biases->items())
      out.push_back({token_of(token), bias_of(bias)});
    return;
  }
  if (!biases->is_array()) {
    refuse_field("logit_bias", cat("an object is wanted, and this is ", describe(*biases)));
  }
  for (const Json& pair : *biases) {
    if (!pair.is_array() || pair.size() != 2) {
      refuse_field("logit_bias",
                   cat("a pair [token, bias] is wanted, and this is ", describe(pair)));
    }
    out.push_back({token_of(pair[0]), bias_of(pair[1])});
  }
}

void read_sampling(Fields& fields, AnswerRequest& request) {
  read_cutting(fields, request.sampling);
  read_penalties(fields, request);
  read_mirostat(fields, request.sampling);
  read_logit_bias(fields, request);
  const auto seed = fields.integer("seed", std::numeric_limits<int64_t>::min(),
                                   std::numeric_limits<int64_t>::max());
  if (seed && *seed != -1) request.seed = uint64_t(*seed);
}

}  // namespace ridge::server
