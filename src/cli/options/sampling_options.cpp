#include "cli/options/sampling_options.h"

#include <charconv>
#include <cmath>

#include "base/error.h"
#include "base/random_seed.h"
#include "cli/options/command_line.h"

namespace ridge::cli {
namespace {

constexpr double kAnyNumber = 1e30;

void declare_cutting(OptionSet& set, SamplerParams& params) {
  const auto group = "Sampling";
  set.value("--temp,--temperature", params.temperature,
            "Temperature; 0 always takes the most likely token (default 0.8)")
      .within(0, kAnyNumber)
      .group(group);
  set.value("--top-k", params.top_k, "Keep the K most likely; 0: all (default 40)")
      .within(0, kAnyNumber)
      .group(group);
  set.value("--top-p", params.top_p, "Keep the most likely that sum to P; 1: all (default 0.95)")
      .within(0.0, 1.0)
      .group(group);
  set.value("--min-p", params.min_p,
            "Keep those at least P times as likely as the first; 0: all (default 0.05)")
      .within(0.0, 1.0)
      .group(group);
  set.value("--typical,--typical-p", params.typical_p, "Locally typical sampling; 1: off")
      .within(0.0, 1.0)
      .group(group);
  set.value("--xtc-probability", params.xtc_probability, "Chance to exclude top choices; 0: off")
      .within(0.0, 1.0)
      .group(group);
  set.value("--xtc-threshold", params.xtc_threshold, "… that are at least so likely")
      .within(0.0, 1.0)
      .group(group);
}

void declare_penalties(OptionSet& set, SamplingOptions& options) {
  const auto group = "Sampling: repetition";
  SamplerParams& params = options.params;
  set.value("--repeat-penalty", params.repetition_penalty, "Divide seen tokens' logits; 1: off")
      .within(1e-6, kAnyNumber)
      .group(group);
  set.value("--presence-penalty", params.presence_penalty, "Subtracted once; 0: off").group(group);
  set.value("--frequency-penalty", params.frequency_penalty,
            "Subtracted for each occurrence; 0: off")
      .group(group);
  set.value("--repeat-last-n", params.penalty_last_n,
            "Tokens that the penalties look back on; -1: all (default 64)")
      .within(-1, 1 << 30)
      .group(group);
  set.value("--dry-multiplier", params.dry_multiplier, "DRY: strength; 0: off").group(group);
  set.value("--dry-base", params.dry_base, "DRY: growth for each token (default 1.75)")
      .group(group);
  set.value("--dry-allowed-length", params.dry_allowed_length,
            "DRY: repeats up to this length are free (default 2)")
      .group(group);
  set.value("--dry-penalty-last-n", params.dry_last_n, "DRY: tokens looked back; -1: all")
      .within(-1, 1 << 30)
      .group(group);
  set.repeated("--dry-sequence-breaker", options.dry_breakers,
               "DRY: text that ends a repeat, in place of line feed, ':', '\"' and '*'")
      .group(group);
}

void declare_rest(OptionSet& set, SamplingOptions& options) {
  const auto group = "Sampling";
  set.value("-s,--seed", options.seed, "Seed (default: a new one each time)").group(group);
  set.value("--mirostat", options.mirostat, "2: Mirostat 2 in place of the cutting steps")
      .one_of({"0", "2"})
      .group(group);
  set.value("--mirostat-ent", options.params.mirostat_tau, "Mirostat's target surprise (5)")
      .group(group);
  set.value("--mirostat-lr", options.params.mirostat_eta, "Mirostat's learning rate (0.1)")
      .group(group);
  set.repeated("-l,--logit-bias", options.logit_bias,
               "Add to a token's logit: ID+BIAS, ID-BIAS or ID-inf; may repeat")
      .group(group);
  set.value("-n,--predict,--n-predict", options.n_predict,
            "Most tokens to generate; -1: until the answer or the context ends")
      .within(int64_t(-1), int64_t(1) << 30);
  set.repeated("-r,--stop,--reverse-prompt", options.stops,
               "Text that ends the answer and is not part of it; may repeat");
}

}  // namespace

// As in llama.cpp's programs, so that the same command gives the same distribution.
SamplingOptions::SamplingOptions() {
  params.temperature = 0.8f;
  params.top_k = 40;
  params.top_p = 0.95f;
  params.min_p = 0.05f;
}

void declare_sampling_options(OptionSet& set, SamplingOptions& options) {
  declare_rest(set, options);
  declare_cutting(set, options.params);
  declare_penalties(set, options);
}

LogitBias parse_logit_bias(const std::string& text) {
  LogitBias bias;
  const char* end = text.data() + text.size();
  const auto id = std::from_chars(text.data(), end, bias.token);
  const char* value = id.ptr;
  const bool separated = id.ec == std::errc() && value != end &&
                         std::string_view("+-=:").find(*value) != std::string_view::npos;
  if (separated && *value != '-') ++value;  // from_chars takes a minus, but no plus
  const auto number = std::from_chars(value, end, bias.bias);
  if (!separated || number.ec != std::errc() || number.ptr != end || std::isnan(bias.bias)) {
    fail(ErrorCode::kInvalidArgument, "--logit-bias: ", text,
         " is not of the form ID+BIAS, ID-BIAS or ID-inf");
  }
  return bias;
}

SamplerParams make_sampler_params(const SamplingOptions& options,
                                  const text::Tokenizer& tokenizer) {
  SamplerParams params = options.params;
  params.seed = options.seed.has_value() ? *options.seed : random_seed();
  params.mirostat = options.mirostat == 2;
  for (const std::string& text : options.logit_bias) {
    params.logit_bias.push_back(parse_logit_bias(text));
    const int32_t token = params.logit_bias.back().token;
    if (token < 0 || token >= tokenizer.n_vocab()) {
      fail(ErrorCode::kInvalidArgument, "--logit-bias: token ", token,
           " is not in the vocabulary of ", tokenizer.n_vocab());
    }
  }
  for (const std::string& text : options.dry_breakers) {
    params.dry_breakers.push_back(tokenizer.encode(text, text::SpecialTokens::kAsText));
  }
  return params;
}

}  // namespace ridge::cli
