#include "gguf/metadata.h"

#include <cmath>
#include <functional>
#include <limits>

#include "base/error.h"

namespace ridge::gguf {
namespace {

void expect_refused(const std::function<void()>& get, const std::string& key,
                    const std::string& wanted) {
  try {
    get();
    ADD_FAILURE() << key << " was accepted";
  } catch (const Error& error) {
    const std::string message = error.what();
    EXPECT_EQ(error.code(), ErrorCode::kInvalidFile);
    EXPECT_NE(message.find("'" + key + "'"), std::string::npos) << message;
    EXPECT_NE(message.find(wanted), std::string::npos) << message;
  }
}

TEST(Metadata, IntegersOfAnyTypeThatFitAreAccepted) {
  Metadata m;
  m.set("u8", uint8_t(7));
  m.set("i64", int64_t(7));
  m.set("u64", uint64_t(7));
  m.set("i8", int8_t(7));
  for (const char* key : {"u8", "i64", "u64", "i8"}) {
    EXPECT_EQ(m.get_uint(key), 7u);
    EXPECT_EQ(m.get_int(key), 7);
    EXPECT_EQ(m.get_float(key), 7.0);
    EXPECT_EQ(m.require_uint(key), 7u);
  }
}

TEST(Metadata, AbsentKeysAreNoErrorUntilRequired) {
  const Metadata m;
  EXPECT_EQ(m.find("k"), nullptr);
  EXPECT_EQ(m.get_uint("k"), std::nullopt);
  EXPECT_EQ(m.get_int("k"), std::nullopt);
  EXPECT_EQ(m.get_float("k"), std::nullopt);
  EXPECT_EQ(m.get_bool("k"), std::nullopt);
  EXPECT_EQ(m.get_string("k"), std::nullopt);
  EXPECT_EQ(m.get_ints("k"), std::nullopt);
  EXPECT_EQ(m.get_floats("k"), std::nullopt);
  EXPECT_EQ(m.get_bools("k"), std::nullopt);
  EXPECT_TRUE(m.get_strings("k").empty());
  expect_refused([&] { m.require_uint("k"); }, "k", "missing");
  expect_refused([&] { m.require_float("k"); }, "k", "missing");
  expect_refused([&] { m.require_string("k"); }, "k", "missing");
}

TEST(Metadata, WrongTypesAreRefusedWithFoundAndWanted) {
  Metadata m;
  m.set("text", "x");
  m.set("float", 1.0f);
  m.set("flag", true);
  m.set("strings", std::vector<std::string>{"x"});
  m.set("floats", std::vector<float>{1});
  m.set("flags", std::vector<bool>{true});
  expect_refused([&] { m.get_uint("text"); }, "text", "of type string, wanted an unsigned integer");
  expect_refused([&] { m.get_uint("float"); }, "float", "of type f32");
  expect_refused([&] { m.get_uint("flag"); }, "flag", "of type bool");
  expect_refused([&] { m.get_int("floats"); }, "floats", "an array of 1 f32");
  expect_refused([&] { m.get_float("text"); }, "text", "wanted a number");
  expect_refused([&] { m.get_bool("float"); }, "float", "wanted a bool");
  expect_refused([&] { m.get_string("flag"); }, "flag", "wanted a string");
  expect_refused([&] { m.get_strings("text"); }, "text", "wanted an array of strings");
  expect_refused([&] { m.get_strings("floats"); }, "floats", "wanted an array of strings");
  expect_refused([&] { m.get_ints("floats"); }, "floats", "wanted an array of integers");
  expect_refused([&] { m.get_ints("flags"); }, "flags", "wanted an array of integers");
  expect_refused([&] { m.get_floats("strings"); }, "strings", "wanted an array of numbers");
  expect_refused([&] { m.get_bools("floats"); }, "floats", "wanted an array of bools");
}

TEST(Metadata, ValuesOutOfRangeAreRefusedWithTheValue) {
  Metadata m;
  m.set("negative", int32_t(-5));
  m.set("huge", std::numeric_limits<uint64_t>::max());
  m.set("huges", std::vector<uint64_t>{1, std::numeric_limits<uint64_t>::max()});
  m.set("nan", std::nanf(""));
  m.set("inf", std::numeric_limits<double>::infinity());
  m.set("latin1", "caf\xe9");
  expect_refused([&] { m.get_uint("negative"); }, "negative", "is -5, wanted 0 or more");
  expect_refused([&] { m.get_int("huge"); }, "huge", "18446744073709551615");
  expect_refused([&] { m.get_ints("huges"); }, "huges", "18446744073709551615");
  expect_refused([&] { m.get_float("nan"); }, "nan", "wanted a finite number");
  expect_refused([&] { m.get_float("inf"); }, "inf", "wanted a finite number");
  expect_refused([&] { m.get_string("latin1"); }, "latin1", "not UTF-8 (byte 3)");
}

TEST(Metadata, ArraysConvert) {
  Metadata m;
  m.set("i32", std::vector<int32_t>{-1, 2});
  m.set("u16", std::vector<uint16_t>{1, 65535});
  m.set("f64", std::vector<double>{0.5, -2});
  m.set("bools", std::vector<bool>{true, false});
  EXPECT_EQ(m.get_ints("i32"), (std::vector<int64_t>{-1, 2}));
  EXPECT_EQ(m.get_ints("u16"), (std::vector<int64_t>{1, 65535}));
  EXPECT_EQ(m.get_floats("i32"), (std::vector<float>{-1, 2}));
  EXPECT_EQ(m.get_floats("u16"), (std::vector<float>{1, 65535}));
  EXPECT_EQ(m.get_floats("f64"), (std::vector<float>{0.5f, -2}));
  EXPECT_EQ(m.get_bools("bools"), (std::vector<bool>{true, false}));
}

TEST(Metadata, SetReplacesInPlaceAndKeepsTheOrder) {
  Metadata m;
  m.set("a", 1);
  m.set("b", 2);
  m.set("a", "three");
  ASSERT_EQ(m.entries().size(), 2u);
  EXPECT_EQ(m.entries()[0].first, "a");
  EXPECT_EQ(m.get_string("a"), "three");
  EXPECT_EQ(m.get_int("b"), 2);
}

}  // namespace
}  // namespace ridge::gguf
