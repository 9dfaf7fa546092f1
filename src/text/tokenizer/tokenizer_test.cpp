#include "text/tokenizer/tokenizer.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/rng.h"
#include "text/tokenizer/pretokenize/pretokenizer.h"
#include "text/tokenizer/small_vocabulary.h"

namespace ridge::text {
namespace {

using testing::small_bpe;
using testing::small_spm;
using testing::SmallVocabulary;

std::shared_ptr<const Tokenizer> bpe(std::string_view pre = "gpt-2") {
  return Tokenizer::from_metadata(small_bpe().metadata("gpt2", pre));
}

std::shared_ptr<const Tokenizer> spm() {
  return Tokenizer::from_metadata(small_spm().metadata("llama", "default"));
}

std::vector<std::string> texts_of(const Tokenizer& tokenizer, const std::vector<Token>& tokens) {
  std::vector<std::string> out;
  for (const Token token : tokens) out.emplace_back(tokenizer.token_text(token));
  return out;
}

using Texts = std::vector<std::string>;

Texts encoded(const Tokenizer& tokenizer, std::string_view text,
              SpecialTokens policy = SpecialTokens::kAsText) {
  return texts_of(tokenizer, tokenizer.encode(text, policy));
}

// Words, spaces, special tokens, characters of all lengths and bytes that are no text.
std::string random_text(Rng& rng, bool well_formed) {
  constexpr std::string_view parts[] = {
      "hello",   " world", "  ",   "\n",   "\t",           "12345", "'s",    "'LL",         "é",
      "e\u0301", "中文",   "🦙",   "ＡＢ", "<|im_start|>", "<|im_", "end|>", "<tool_call>", "<s>",
      "▁",       "_x",     "\r\n", "़",     "Ab",           "aB",    "½"};
  std::string out;
  for (uint64_t i = 0, n = rng.below(12); i < n; ++i) {
    if (!well_formed && rng.below(3) == 0) {
      out += static_cast<char>(rng.below(256));
    } else {
      out += parts[rng.below(std::size(parts))];
    }
  }
  return out;
}

TEST(Bpe, MergesByRankWithinPieces) {
  EXPECT_EQ(encoded(*bpe(), "hello world"), (Texts{"hello", "Ġworld"}));
  EXPECT_EQ(encoded(*bpe(), "hell"), (Texts{"hell"}));
  EXPECT_EQ(encoded(*bpe(), "aaaaa"), (Texts{"aaaa", "a"}));
  EXPECT_EQ(encoded(*bpe(), "é"), (Texts{"Ã©"}));
  EXPECT_EQ(encoded(*bpe(), ""), Texts{});
}

TEST(Bpe, ComposesWhereTheOriginalDoes) {
  EXPECT_EQ(encoded(*bpe("qwen2"), "e\u0301"), (Texts{"Ã©"}));
  EXPECT_EQ(encoded(*bpe("gpt-2"), "e\u0301"), (Texts{"e", "Ì", "ģ"}));
}

TEST(Bpe, DecodingGivesBackAnyBytes) {
  Rng rng(1);
  for (const NamedPreTokenizer& pre : pre_tokenizers()) {
    if (pre.rules.nfc) continue;
    const auto tokenizer = bpe(pre.name);
    for (int i = 0; i < 100; ++i) {
      const std::string text = random_text(rng, i % 2 == 0);
      for (const auto policy : {SpecialTokens::kAsText, SpecialTokens::kParse}) {
        const auto tokens = tokenizer->encode(text, policy);
        ASSERT_EQ(tokenizer->decode(tokens, SpecialTokens::kParse), text) << pre.name;
      }
    }
  }
}

TEST(Bpe, ByteThatTheVocabularyLacksIsDropped) {
  SmallVocabulary v = small_bpe();
  v.tokens[0x04] = "no byte";
  const auto tokenizer = Tokenizer::from_metadata(v.metadata("gpt2", "gpt-2"));
  EXPECT_EQ(encoded(*tokenizer, "a\x04l"), (Texts{"a", "l"}));
}

TEST(Bpe, WordThatIsATokenComesFirstWhereTheOriginalDoesSo) {
  SmallVocabulary v = small_bpe();
  v.add("xyz");  // no merges lead to it
  EXPECT_EQ(encoded(*Tokenizer::from_metadata(v.metadata("gpt2", "llama-bpe")), "xyz"),
            (Texts{"xyz"}));
  EXPECT_EQ(encoded(*Tokenizer::from_metadata(v.metadata("gpt2", "gpt-2")), "xyz"),
            (Texts{"x", "y", "z"}));
}

TEST(Bpe, MergesNeverMakeAControlToken) {
  SmallVocabulary v = small_bpe();
  v.add_merge("<", "s");
  v.merges.push_back("<s >");
  v.add("<s>", TokenType::kControl);
  const auto tokenizer = Tokenizer::from_metadata(v.metadata("gpt2", "bloom"));
  EXPECT_EQ(encoded(*tokenizer, "<s>"), (Texts{"<s", ">"}));
}

TEST(Bpe, LongTextsAreEncodedAsShortOnesAre) {
  // The cache and the heap only work for texts and words of some length.
  const auto tokenizer = bpe();
  std::string text;
  std::vector<Token> wanted;
  Rng rng(7);
  for (int i = 0; i < 2000; ++i) {
    std::string line = random_text(rng, false);
    std::erase(line, '\n');
    line = cat("x", line, "x\n");
    const auto tokens = tokenizer->encode(line, SpecialTokens::kAsText);
    wanted.insert(wanted.end(), tokens.begin(), tokens.end());
    text += line;
  }
  EXPECT_EQ(tokenizer->encode(text, SpecialTokens::kAsText), wanted);
  const auto run = tokenizer->encode(std::string(100'003, 'a'), SpecialTokens::kAsText);
  EXPECT_EQ(run.size(), 25'000u + 2u);
}

TEST(Spm, MergesByScoreAndSpellsTheRestInBytes) {
  EXPECT_EQ(encoded(*spm(), "hello world"), (Texts{"▁hello", "▁world"}));
  EXPECT_EQ(encoded(*spm(), "x"), (Texts{"▁", "<0x78>"}));
  EXPECT_EQ(encoded(*spm(), "中"), (Texts{"▁", "<0xE4>", "<0xB8>", "<0xAD>"}));
  EXPECT_EQ(encoded(*spm(), "\n"), (Texts{"▁", "<0x0A>"}));
  EXPECT_EQ(encoded(*spm(), ""), Texts{});
}

TEST(Spm, SpacePrefixIsAKeyOfTheFile) {
  gguf::Metadata metadata = small_spm().metadata("llama", "default");
  SmallVocabulary::set(metadata, "tokenizer.ggml.add_space_prefix", false);
  const auto tokenizer = Tokenizer::from_metadata(metadata);
  EXPECT_EQ(encoded(*tokenizer, "hello"), (Texts{"hell", "o"}));
  EXPECT_EQ(encoded(*tokenizer, " hello"), (Texts{"▁hello"}));
}

TEST(Spm, ExtraSpacesGoWhereTheFileSaysSo) {
  gguf::Metadata metadata = small_spm().metadata("llama", "default");
  SmallVocabulary::set(metadata, "tokenizer.ggml.remove_extra_whitespaces", true);
  EXPECT_EQ(encoded(*Tokenizer::from_metadata(metadata), "  hello   world  "),
            (Texts{"▁hello", "▁world"}));
  EXPECT_EQ(encoded(*spm(), "  hello   world  "), (Texts{"▁▁", "▁hello", "▁▁", "▁world", "▁▁"}));
}

TEST(Spm, PrefixComesAgainBehindASpecialToken) {
  EXPECT_EQ(encoded(*spm(), "hello<s>hello", SpecialTokens::kParse),
            (Texts{"▁hello", "<s>", "▁hello"}));
}

TEST(Spm, TextNeverBecomesAControlOrByteToken) {
  SmallVocabulary v = small_spm();
  for (const char* piece : {"<", "s", ">", "<s", "0", "x", "A", "<0", "x0", "<0x0", "A>"})
    v.add(piece);
  const auto tokenizer = Tokenizer::from_metadata(v.metadata("llama", "default"));
  EXPECT_EQ(encoded(*tokenizer, "<s>"), (Texts{"▁", "<s", ">"}));
  EXPECT_EQ(encoded(*tokenizer, "<0x0A>"), (Texts{"▁", "<0x0", "A>"}));
}

TEST(Spm, UnusedPiecesMergeOnButDoNotComeOut) {
  SmallVocabulary v = small_spm();
  v.types[static_cast<size_t>(3 + 256 + 3)] = static_cast<int64_t>(TokenType::kUnused);  // hell
  const auto tokenizer = Tokenizer::from_metadata(v.metadata("llama", "default"));
  EXPECT_EQ(encoded(*tokenizer, "hello"), (Texts{"▁hello"}));
  EXPECT_EQ(encoded(*tokenizer, "ohell"), (Texts{"▁", "o", "he", "ll"}));
}

TEST(Spm, RunsOfUnknownCharactersAreOneTokenWithoutBytes) {
  SmallVocabulary v;
  v.add("<unk>", TokenType::kUnknown);
  v.add("▁");
  v.add("a");
  gguf::Metadata metadata = v.metadata("llama", "default");
  SmallVocabulary::set(metadata, "tokenizer.ggml.unknown_token_id", uint64_t{0});
  EXPECT_EQ(encoded(*Tokenizer::from_metadata(metadata), "axyaz"),
            (Texts{"▁", "a", "<unk>", "a", "<unk>"}));
}

TEST(Spm, DecodingGivesBackWellFormedText) {
  Rng rng(2);
  const auto tokenizer = spm();
  for (int i = 0; i < 1000; ++i) {
    std::string text = random_text(rng, true);
    // The space mark stands for a space: the original cannot tell them apart either.
    for (size_t at = text.find("▁"); at != text.npos; at = text.find("▁")) text.erase(at, 3);
    const auto tokens = tokenizer->encode(text, SpecialTokens::kAsText);
    ASSERT_EQ(tokenizer->decode(tokens, SpecialTokens::kAsText), text);
  }
}

TEST(Spm, MalformedBytesBecomeReplacementCharacters) {
  const auto tokenizer = spm();
  EXPECT_EQ(tokenizer->encode("a\xFF\xE2\x82 b", SpecialTokens::kAsText),
            tokenizer->encode("a\uFFFD\uFFFD\uFFFD b", SpecialTokens::kAsText));
}

TEST(Spm, WordsThatSomePieceJoinsStayTogether) {
  SmallVocabulary v = small_spm();
  v.add("o▁w", TokenType::kNormal, 1);  // better than anything else
  const auto tokenizer = Tokenizer::from_metadata(v.metadata("llama", "default"));
  EXPECT_EQ(encoded(*tokenizer, "o w"), (Texts{"▁", "o▁w"}));
}

TEST(SpecialTokens, AreParsedOnRequestOnly) {
  const auto tokenizer = bpe();
  EXPECT_EQ(encoded(*tokenizer, "a<|im_end|>a", SpecialTokens::kParse),
            (Texts{"a", "<|im_end|>", "a"}));
  const auto as_text = tokenizer->encode("a<|im_end|>a", SpecialTokens::kAsText);
  for (const Token token : as_text) EXPECT_EQ(tokenizer->type(token), TokenType::kNormal);
  EXPECT_EQ(tokenizer->decode(as_text, SpecialTokens::kAsText), "a<|im_end|>a");
}

TEST(SpecialTokens, UserDefinedOnesAreAlwaysParsed) {
  EXPECT_EQ(encoded(*bpe(), "a<tool_call>a"), (Texts{"a", "<tool_call>", "a"}));
}

TEST(SpecialTokens, UserDefinedMarkupNeedsTrust) {
  SmallVocabulary v = small_bpe();
  const Token turn = v.add("<|START_OF_TURN_TOKEN|>", TokenType::kUserDefined);
  const auto tokenizer = Tokenizer::from_metadata(v.metadata("gpt2", "command-r"));
  const std::string_view text = "<|START_OF_TURN_TOKEN|>";
  EXPECT_EQ(tokenizer->encode(text, SpecialTokens::kParse), (std::vector<Token>{turn}));
  EXPECT_GT(tokenizer->encode(text, SpecialTokens::kAsText).size(), 1u);
  EXPECT_EQ(tokenizer->piece(turn, SpecialTokens::kAsText), text);
}

TEST(SpecialTokens, TheLongestAtTheLeftmostPlaceWins) {
  SmallVocabulary v = small_bpe();
  for (const char* text : {"<a", "<a><b", "b>", "<a><b>c"}) v.add(text, TokenType::kControl);
  const auto tokenizer = Tokenizer::from_metadata(v.metadata("gpt2", "gpt-2"));
  EXPECT_EQ(encoded(*tokenizer, "<a><b>", SpecialTokens::kParse), (Texts{"<a><b", ">"}));
  EXPECT_EQ(encoded(*tokenizer, "<a>b>", SpecialTokens::kParse), (Texts{"<a", ">", "b>"}));
}

TEST(SpecialTokens, OnlyThoseWhollyInsideATrustedRangeAreParsed) {
  const auto tokenizer = bpe();
  const Token end = tokenizer->find("<|im_end|>");
  const std::string text = "a<|im_end|>b<|im_end|>";  // at 1..11 and 12..22
  const struct {
    std::vector<Range> trusted;
    std::vector<size_t> parsed;  // where
  } cases[] = {
      {{}, {}},
      {{{0, 22}}, {1, 12}},
      {{{0, 12}}, {1}},
      {{{1, 11}}, {1}},
      {{{1, 10}}, {}},
      {{{2, 22}}, {12}},
      {{{0, 6}, {6, 22}}, {12}},  // across two ranges is not inside one
      {{{0, 0}, {1, 11}, {11, 12}, {12, 22}}, {1, 12}},
  };
  for (const auto& [trusted, parsed] : cases) {
    std::vector<Token> wanted;
    size_t position = 0;
    const auto add_text = [&](size_t to) {
      const auto tokens =
          tokenizer->encode(text.substr(position, to - position), SpecialTokens::kAsText);
      wanted.insert(wanted.end(), tokens.begin(), tokens.end());
    };
    for (const size_t at : parsed) {
      add_text(at);
      wanted.push_back(end);
      position = at + 10;
    }
    add_text(text.size());
    EXPECT_EQ(tokenizer->encode(text, trusted), wanted);
  }
}

TEST(SpecialTokens, UntrustedTextIsEncodedAsWithAsText) {
  Rng rng(3);
  const auto tokenizer = bpe();
  for (int i = 0; i < 500; ++i) {
    const std::string text = random_text(rng, false);
    const std::vector<Range> nothing{{text.size() / 2, text.size() / 2}};
    EXPECT_EQ(tokenizer->encode(text, nothing), tokenizer->encode(text, SpecialTokens::kAsText));
  }
}

TEST(SpecialTokens, Phi3DropsTheWhitespaceBehindThem) {
  gguf::Metadata metadata = small_spm().metadata("llama", "default");
  SmallVocabulary::set(metadata, "general.architecture", std::string("phi3"));
  const auto tokenizer = Tokenizer::from_metadata(metadata);
  EXPECT_EQ(encoded(*tokenizer, "</s> \n hello", SpecialTokens::kParse), (Texts{"</s>", "▁hello"}));
  EXPECT_EQ(encoded(*tokenizer, "<s> hello", SpecialTokens::kParse), (Texts{"<s>", "▁", "▁hello"}));
}

TEST(Tokenizer, TellsAboutItsTokens) {
  gguf::Metadata metadata = small_bpe().metadata("gpt2", "smollm");
  SmallVocabulary::set(metadata, "tokenizer.ggml.bos_token_id", uint64_t{268});
  SmallVocabulary::set(metadata, "tokenizer.ggml.eos_token_id", uint64_t{269});
  SmallVocabulary::set(metadata, "tokenizer.ggml.add_bos_token", true);
  const auto tokenizer = Tokenizer::from_metadata(metadata);
  EXPECT_EQ(tokenizer->n_vocab(), 271);
  EXPECT_EQ(tokenizer->bos(), 268);
  EXPECT_EQ(tokenizer->eos(), 269);
  EXPECT_TRUE(tokenizer->adds_bos());
  EXPECT_FALSE(tokenizer->adds_eos());
  EXPECT_EQ(tokenizer->model(), "bpe");
  EXPECT_EQ(tokenizer->pre_tokenizer(), "smollm");
  EXPECT_EQ(tokenizer->piece(268, SpecialTokens::kAsText), "");
  EXPECT_EQ(tokenizer->piece(268, SpecialTokens::kParse), "<|im_start|>");
  for (const Token token : {-1, 271, 1'000'000}) {
    EXPECT_EQ(tokenizer->piece(token, SpecialTokens::kParse), "");
    EXPECT_EQ(tokenizer->token_text(token), "");
    EXPECT_FALSE(tokenizer->ends_generation(token));
  }
}

TEST(Tokenizer, BosIsAddedByDefaultWhereTheOriginalsDo) {
  for (const auto& [pre, adds] :
       {std::pair{"llama-bpe", true}, {"tekken", true}, {"qwen2", false}}) {
    gguf::Metadata metadata = small_bpe().metadata("gpt2", pre);
    SmallVocabulary::set(metadata, "tokenizer.ggml.bos_token_id", uint64_t{268});
    EXPECT_EQ(Tokenizer::from_metadata(metadata)->adds_bos(), adds) << pre;
  }
  EXPECT_FALSE(bpe("llama-bpe")->adds_bos()) << "there is none to add";
}

TEST(Tokenizer, GenerationEndsAtNamedIdsAndAtWellKnownControlTokens) {
  SmallVocabulary v = small_bpe();
  const Token eos = v.add("the end");
  const Token eot = v.add("the turn's end");
  const Token known = v.add("<|eot_id|>", TokenType::kControl);
  const Token ordinary = v.add("</s>");
  gguf::Metadata metadata = v.metadata("gpt2", "gpt-2");
  SmallVocabulary::set(metadata, "tokenizer.ggml.eos_token_id", uint64_t(eos));
  SmallVocabulary::set(metadata, "tokenizer.ggml.eot_token_id", uint64_t(eot));
  const auto tokenizer = Tokenizer::from_metadata(metadata);
  EXPECT_TRUE(tokenizer->ends_generation(eos));
  EXPECT_TRUE(tokenizer->ends_generation(eot));
  EXPECT_TRUE(tokenizer->ends_generation(known));
  EXPECT_TRUE(tokenizer->ends_generation(tokenizer->find("<|im_end|>")));
  EXPECT_FALSE(tokenizer->ends_generation(tokenizer->find("<|im_start|>")));
  EXPECT_FALSE(tokenizer->ends_generation(ordinary)) << "a token of ordinary text";
}

TEST(Tokenizer, EndOfAMessageIsNotTheEndWhereMessagesFollow) {
  SmallVocabulary v = small_bpe();
  const Token end = v.add("<|end|>", TokenType::kControl);
  EXPECT_TRUE(Tokenizer::from_metadata(v.metadata("gpt2", "gpt-4o"))->ends_generation(end));
  const Token returns = v.add("<|return|>", TokenType::kControl);
  v.add("<|call|>", TokenType::kControl);
  const auto harmony = Tokenizer::from_metadata(v.metadata("gpt2", "gpt-4o"));
  EXPECT_FALSE(harmony->ends_generation(end));
  EXPECT_TRUE(harmony->ends_generation(returns));
}

TEST(Tokenizer, SeveralThreadsMayShareOne) {
  const auto tokenizer = bpe();
  const std::string text(5000, 'a');
  const auto wanted = tokenizer->encode(text, SpecialTokens::kAsText);
  std::vector<std::vector<Token>> results(4);
  {
    std::vector<std::jthread> threads;
    for (auto& result : results) {
      threads.emplace_back([&] { result = tokenizer->encode(text, SpecialTokens::kAsText); });
    }
  }
  for (const auto& result : results) EXPECT_EQ(result, wanted);
}

TEST(StreamDecoder, GivesTextAsSoonAsItIsWhole) {
  const auto tokenizer = spm();
  StreamDecoder decoder(*tokenizer, SpecialTokens::kAsText);
  std::vector<std::string> pushed;
  for (const Token token : tokenizer->encode("h中é", SpecialTokens::kAsText)) {
    pushed.push_back(decoder.push(token));
  }
  EXPECT_EQ(pushed, (Texts{"", "h", "", "", "中", "é"}));
  EXPECT_EQ(decoder.finish(), "");
}

TEST(StreamDecoder, AllItGivesTogetherIsWhatDecodeGives) {
  Rng rng(4);
  for (const auto& tokenizer : {bpe(), spm()}) {
    for (int i = 0; i < 500; ++i) {
      const auto tokens = tokenizer->encode(random_text(rng, true), SpecialTokens::kParse);
      for (const auto policy : {SpecialTokens::kAsText, SpecialTokens::kParse}) {
        StreamDecoder decoder(*tokenizer, policy);
        std::string streamed;
        for (const Token token : tokens) streamed += decoder.push(token);
        streamed += decoder.finish();
        ASSERT_EQ(streamed, tokenizer->decode(tokens, policy));
      }
    }
  }
}

TEST(StreamDecoder, BytesThatAreNoTextBecomeReplacementCharacters) {
  const auto tokenizer = bpe();
  const auto stream = [&](std::string_view bytes) {
    StreamDecoder decoder(*tokenizer, SpecialTokens::kAsText);
    std::string out;
    for (const char c : bytes) {
      const auto tokens = tokenizer->encode(std::string(1, c), SpecialTokens::kAsText);
      out += decoder.push(tokens.at(0));
    }
    return out + decoder.finish();
  };
  EXPECT_EQ(stream("a\xE2\x82"), "a\uFFFD") << "a cut character at the end";
  EXPECT_EQ(stream("a\xE2\x82"
                   "b"),
            "a\uFFFDb")
      << "a cut character in the middle";
  EXPECT_EQ(stream("\xFF\x80z"), "\uFFFD\uFFFDz");
}

}  // namespace
}  // namespace ridge::text
