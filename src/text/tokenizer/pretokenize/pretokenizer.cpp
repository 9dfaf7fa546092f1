#include "text/tokenizer/pretokenize/pretokenizer.h"

#include <algorithm>

#include "text/tokenizer/pretokenize/cased_words.h"
#include "text/tokenizer/pretokenize/deepseek.h"
#include "text/tokenizer/pretokenize/split_runs.h"
#include "text/tokenizer/pretokenize/words.h"

namespace ridge::text {
namespace {

using namespace scan;

constexpr WordRules kGpt2Rules{.contractions = Contractions::kLowerCase,
                               .any_prefix = false,
                               .max_digits = 0,
                               .newlines_follow = false,
                               .newline_rule = false};
constexpr WordRules kLlama3Rules{.max_digits = 3};
constexpr WordRules kQwen2Rules{};
constexpr WordRules kQwen35Rules{.letters = kLetter | kMark};
constexpr WordRules kTurkishRules{.contractions = Contractions::kNone};

// Seed-Coder leaves newlines to the whitespace rules. Its " ?[^\s\p{L}\p{N}\r\n]+" is GPT-2's.
constexpr WordRules kSeedCoderRules{.newlines_follow = false};

constexpr CasedRules kTekkenRules{.contractions = Contractions::kNone, .max_digits = 1};
constexpr CasedRules kKimiRules{.slashes_follow = false, .han_apart = true};

constexpr Stage kGpt2 = words<kGpt2Rules>;
constexpr Stage kLlama3 = words<kLlama3Rules>;
constexpr Stage kQwen2 = words<kQwen2Rules>;
constexpr Stage kDigit = isolate<digits<1>>;
constexpr Stage kThreeDigits = isolate<digits<3>>;
constexpr Stage kOneNewline = isolate<one_newline>;
constexpr Stage kWideCjk = isolate<deepseek_wide_cjk>;

constexpr PreTokenizer kGpt2Like{.stages = {kGpt2}};
constexpr PreTokenizer kNeoxLike{.stages = {kGpt2}, .nfc = true};
constexpr PreTokenizer kStarcoderLike{.stages = {kDigit, kGpt2}};
constexpr PreTokenizer kLlama3Like{
    .stages = {kLlama3}, .whole_words_first = true, .adds_bos = true};
constexpr PreTokenizer kCl100kLike{.stages = {kLlama3}};
constexpr PreTokenizer kQwen2Like{.stages = {kQwen2}, .nfc = true};
constexpr PreTokenizer kQwen2NoNfc{.stages = {kQwen2}};
constexpr PreTokenizer kO200kLike{.stages = {cased_words<CasedRules{}>}};
constexpr PreTokenizer kDeepseekV3Like{
    .stages = {kThreeDigits, isolate<deepseek_cjk>, isolate<deepseek_v3_words>}};
constexpr PreTokenizer kBloomLike{.stages = {isolate<bloom_word>}};

constexpr NamedPreTokenizer kNamed[] = {
    {"gpt-2", kGpt2Like},
    {"phi-2", kGpt2Like},
    {"gigachat", kGpt2Like},
    {"jais", kGpt2Like},
    {"mellum", kGpt2Like},
    {"exaone4", kGpt2Like},
    {"trillion", kGpt2Like},
    {"granite-docling", kGpt2Like},
    {"a.x-4.0", kGpt2Like},
    {"mpt", kNeoxLike},
    {"olmo", kNeoxLike},
    {"starcoder", kStarcoderLike},
    {"refact", kStarcoderLike},
    {"smollm", kStarcoderLike},
    {"codeshell", kStarcoderLike},
    {"exaone", kStarcoderLike},
    {"minerva-7b", kStarcoderLike},
    {"mellum2", kStarcoderLike},
    {"command-r", {.stages = {kDigit, kGpt2}, .nfc = true}},
    {"falcon",
     {.stages = {isolate<punctuation>, kGpt2, byte_level_digits, isolate<three_ascii_digits>}}},
    {"llama-bpe", kLlama3Like},
    {"llama3", kLlama3Like},
    {"llama-v3", kLlama3Like},
    {"falcon3", kLlama3Like},
    {"falcon-h1", kLlama3Like},
    {"pixtral", kLlama3Like},
    {"midm-2.0", kLlama3Like},
    {"lfm2", kLlama3Like},
    {"smaug-bpe", kCl100kLike},
    {"dbrx", kCl100kLike},
    {"chatglm-bpe", kCl100kLike},
    {"glm4", {.stages = {kLlama3}, .whole_words_first = true}},
    {"glm5", {.stages = {kLlama3}, .whole_words_first = true}},
    {"minicpm5", {.stages = {kThreeDigits, kLlama3}, .whole_words_first = true}},
    {"qwen2", kQwen2Like},
    {"deepseek-r1-qwen", kQwen2Like},
    {"megrez", kQwen2Like},
    {"stablelm2", kQwen2Like},
    {"qwen35", {.stages = {words<kQwen35Rules>}, .nfc = true}},
    {"hunyuan", kQwen2NoNfc},
    {"grok-2", kQwen2NoNfc},
    {"solar-open", kQwen2NoNfc},
    {"bailingmoe", kQwen2NoNfc},
    {"bailingmoe2", kQwen2NoNfc},
    {"llada-moe", kQwen2NoNfc},
    {"laguna", {.stages = {isolate<line_feeds>, kQwen2}}},
    {"ufakzeka", {.stages = {words<kTurkishRules>}}},
    {"seed-coder", {.stages = {words<kSeedCoderRules>}}},
    {"gpt-4o", kO200kLike},
    {"llama4", kO200kLike},
    {"kanana2", kO200kLike},
    {"minimax-m2", kO200kLike},
    {"tekken",
     {.stages = {cased_words<kTekkenRules>}, .whole_words_first = true, .adds_bos = true}},
    {"kimi-k2", {.stages = {cased_words<kKimiRules>}}},
    {"deepseek-llm",
     {.stages = {kOneNewline, isolate<deepseek_cased_letters>, isolate<deepseek_llm_marks>,
                 deepseek_trailing_space, kWideCjk, kDigit}}},
    {"deepseek-coder",
     {.stages = {kOneNewline, isolate<spaced_run<kLetter>>, isolate<spaced_run<kPunctuation>>,
                 kWideCjk, kDigit}}},
    {"deepseek-v3", kDeepseekV3Like},
    {"hunyuan-dense", kDeepseekV3Like},
    {"joyai-llm", kDeepseekV3Like},
    {"hy_v4", kDeepseekV3Like},
    {"bloom", kBloomLike},
    {"poro-chat", kBloomLike},
    {"gpt3-finnish", kBloomLike},
    {"viking", {.stages = {isolate<bloom_word>, kDigit}}},
};

}  // namespace

std::span<const NamedPreTokenizer> pre_tokenizers() {
  return kNamed;
}

const PreTokenizer* find_pre_tokenizer(std::string_view name) {
  const auto it = std::find_if(std::begin(kNamed), std::end(kNamed),
                               [&](const NamedPreTokenizer& p) { return p.name == name; });
  return it == std::end(kNamed) ? nullptr : &it->rules;
}

}  // namespace ridge::text
