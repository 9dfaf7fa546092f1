#include "grammar/json_schema.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "grammar/test_vocabulary.h"

namespace ridge::grammar {
namespace {

GrammarCompiler& compiler() {
  static GrammarCompiler shared(TestVocabulary::make());
  return shared;
}

struct Case {
  const char* schema;
  std::vector<const char*> valid;
  std::vector<const char*> invalid;
  Extras extras = Extras::kAsSchemaSays;
};

// Truth by the JSON Schema specification (2020-12); `valid` ones are written as the grammar writes
// them: members in the order of `properties`.
const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {R"({"type":"string"})",
       {R"("")", R"("a\n\u00e9é\ud83d\ude00")"},
       {R"("a)", "\"\n\"", R"("\ud83d")", R"("\x")", "1", "null"}},
      {R"({"type":"integer"})", {"0", "-7", "123456789012345678"}, {"1.5", "01", "-", "+1", "1e3"}},
      {R"({"type":"number"})", {"0", "-0.5", "1e9", "12.25E-3"}, {".5", "1.", "1e", "NaN"}},
      {R"({"type":["integer","null"]})", {"1", "null"}, {"\"1\"", "true"}},
      {R"({"type":"string","nullable":true})", {"null", "\"a\""}, {"1"}},
      {R"({"enum":["a/b","é",1,2.5,null,true,{"x":[1]}]})",
       {"\"a/b\"", "\"é\"", "1", "2.5", "null", "true", "{\"x\":[1]}"},
       {"\"a\"", "2", "false", "{}"}},
      {R"({"type":"string","enum":["a",1]})", {"\"a\""}, {"1"}},
      {R"({"const":"x\"y\n"})", {R"("x\"y\n")"}, {R"("x")"}},
      {R"({"type":"string","minLength":2,"maxLength":3})",
       {R"("ab")", R"("éé")", R"("😀xy")"},
       {R"("a")", R"("abcd")", "\"a\tb\""}},
      {R"({"type":"string","pattern":"^[a-c]{2}$"})",
       {R"("ab")"},
       {R"("a")", R"("abc")", R"("ad")"}},
      {R"({"type":"string","pattern":"^a|b$"})",
       {R"("a")", R"("axx")", R"("xb")", R"("ab")"},
       {R"("xa")", R"("bx")", R"("")"}},
      {R"({"type":"string","pattern":"x"})", {R"("x")", R"("axb")", R"("\nx\"")"}, {R"("ab")"}},
      {R"({"type":"string","pattern":"^\"\\\\$"})", {R"("\"\\")"}, {R"("\")", R"("a")"}},
      {R"({"type":"string","format":"date"})",
       {R"("2024-02-29")"},
       {R"("2024-13-01")", R"("2024")"}},
      {R"({"type":"string","format":"date-time"})",
       {R"("2024-02-29T23:59:59.5+01:00")"},
       {R"("2024-02-29 23:59:59Z")"}},
      {R"({"type":"string","format":"ipv4"})",
       {R"("127.0.0.1")"},
       {R"("256.0.0.1")", R"("1.2.3")"}},
      {R"({"type":"string","format":"ipv6"})",
       {R"("::1")", R"("fe80::1:2")", R"("::")", R"("1:2:3:4:5:6:7:8")"},
       {R"("1:2:3")", R"(":::")", R"("1::2::3")"}},
      {R"({"type":"string","format":"uuid"})",
       {R"("00000000-0000-4000-8000-00000000000f")"},
       {R"("0000")"}},
      {R"({"type":"string","format":"email"})", {R"("a.b@c.de")"}, {R"("a@")", R"("a b@c.de")"}},
      {R"({"type":"integer","minimum":-5,"exclusiveMaximum":12})",
       {"-5", "0", "11"},
       {"-6", "12", "100"}},
      {R"({"type":"integer","minimum":0.5,"maximum":2.5})", {"1", "2"}, {"0", "3"}},
      {R"({"type":"integer","multipleOf":7})", {"0", "7", "-14", "7007"}, {"1", "15", "-1"}},
      {R"({"type":"integer","multipleOf":5,"minimum":3,"maximum":12})",
       {"5", "10"},
       {"0", "3", "15"}},
      {R"({"type":"number","minimum":0,"maximum":1})",
       {"0", "1", "0.5", "1.0", "0.001"},
       {"1.1", "-0.1", "2"}},
      {R"({"type":"number","exclusiveMinimum":-0.25,"exclusiveMaximum":0.5})",
       {"0", "-0.2", "0.49", "-0.1", "0.4999"},
       {"0.5", "-0.25", "-0.3", "0.51", "0.50"}},
      {R"({"type":"array","items":{"type":"integer"}})",
       {"[]", "[1]", "[1, 2]", "[1,2,3]"},
       {"[\"a\"]", "[1,]", "[1"}},
      {R"({"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":3})",
       {"[1,2]", "[1,2,3]"},
       {"[]", "[1]", "[1,2,3,4]"}},
      {R"({"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],"items":false})",
       {"[]", "[1]", "[1,\"a\"]"},
       {"[\"a\"]", "[1,2]", "[1,\"a\",null]"}},
      {R"({"type":"array","prefixItems":[{"type":"integer"}],"items":{"type":"null"},"minItems":2})",
       {"[1,null]", "[1,null,null]"},
       {"[]", "[1]", "[1,2]"}},
      {R"({"type":"array"})", {"[]", "[1, {\"a\": [true]}]"}, {"{}", "[,]"}},
      {R"({"type":"object"})",
       {"{}", "{\"a\": 1, \"b\": {\"c\": []}}"},
       {"[]", "{a:1}", "{\"a\"}"}},
      {R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"string"},"c":{}},
           "required":["b"],"additionalProperties":false})",
       {R"({"b": "x"})", R"({"a": 1, "b": "x"})", R"({"a":1,"b":"x","c":[null]})",
        R"({"b":"x","c":1})"},
       {"{}", R"({"a":1})", R"({"b":1})", R"({"b":"x","d":1})", R"({"b":"x",})"}},
      {R"({"type":"object","properties":{"ab":{"type":"integer"}},"additionalProperties":{"type":"null"}})",
       {"{}", R"({"ab":1})", R"({"ab":1,"a":null,"abc":null,"é":null})", R"({"x":null})",
        R"({"":null})"},
       {R"({"ab":null})", R"({"x":1})", R"({"a\u0062":null})", R"({"\u0061b":null})"}},
      {R"({"type":"object","properties":{"é":{"type":"integer"}},"additionalProperties":true})",
       {R"({"é":1})", R"({"è":"x"})"},
       {R"({"é":"x"})"}},
      {R"({"properties":{"a":{"type":"integer"}}})",
       {R"({"a":1})", "{}"},
       {R"({"a":1,"b":2})"},
       Extras::kNever},
      {R"({"type":"object","properties":{"a":{"type":"integer"}},"required":["a","z"]})",
       {R"({"a":1,"z":[1]})"},
       {R"({"a":1})", R"({"z":1})"}},
      {R"({"type":"object","patternProperties":{"^x-":{"type":"integer"}},"additionalProperties":false})",
       {"{}", R"({"x-a":1,"x-":2})"},
       {R"({"a":1})", R"({"x-a":"s"})"}},
      {R"({"type":"object","propertyNames":{"enum":["p","q"]},"additionalProperties":{"type":"integer"}})",
       {"{}", R"({"p":1,"q":2})"},
       {R"({"r":1})", R"({"p":"x"})"}},
      {R"({"type":"object","additionalProperties":{"type":"integer"},"minProperties":1})",
       {R"({"a":1})"},
       {"{}"}},
      {R"({"anyOf":[{"type":"integer"},{"type":"object","properties":{"k":{"const":1}},"required":["k"],
           "additionalProperties":false}]})",
       {"5", R"({"k":1})"},
       {R"({"k":2})", "\"5\""}},
      {R"({"oneOf":[{"type":"object","properties":{"t":{"const":"a"},"v":{"type":"integer"}},"required":["t"]},
           {"type":"object","properties":{"t":{"const":"b"}},"required":["t"]}]})",
       {R"({"t":"a","v":1})", R"({"t":"b"})"},
       {R"({"t":"c"})", R"({"v":1})"}},
      {R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"integer"}},
           "anyOf":[{"required":["a"]},{"required":["b"]}]})",
       {R"({"a":1})", R"({"b":1})", R"({"a":1,"b":2})"},
       {"{}", R"({"a":"x","b":1})"}},
      {R"({"allOf":[{"$ref":"#/$defs/p"},{"properties":{"q":{"type":"null"}}}],
           "$defs":{"p":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}})",
       {R"({"a":1})", R"({"a":1,"q":null})"},
       {"{}", R"({"a":"x"})"}},
      {R"({"$ref":"#/$defs/node","$defs":{"node":{"type":"object","properties":{"v":{"type":"integer"},
           "next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}},"required":["v","next"],
           "additionalProperties":false}}})",
       {R"({"v":1,"next":{"v":2,"next":null}})"},
       {R"({"v":1})", R"({"v":1,"next":{"v":2}})"}},
      {R"({"type":"object","properties":{"sub":{"$ref":"#"}},"additionalProperties":false})",
       {"{}", R"({"sub":{"sub":{}}})"},
       {R"({"sub":1})"}},
      {R"({"$ref":"#/definitions/a~1b%20c","definitions":{"a/b c":{"type":"boolean"}}})",
       {"true"},
       {"1"}},
      {R"({"title":"t\"\n","description":"d","default":3,"examples":[1],"$comment":"c","deprecated":true,
           "x-any":{"not":1},"type":"null"})",
       {"null"},
       {"1"}},
      {"true", {"1", "{}", "\"x\""}, {""}},
      {"{}", {"1", "[null]"}, {"x"}},
  };
  return all;
}

TEST(JsonSchemaGrammar, SaysWhatTheSchemaAllowsAndNothingElse) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.schema);
    const auto grammar = compiler().compile(JsonSchema{c.schema, c.extras});
    for (const char* value : c.valid) EXPECT_TRUE(accepts(grammar, value)) << value;
    for (const char* value : c.invalid) EXPECT_FALSE(accepts(grammar, value)) << value;
  }
}

TEST(JsonSchemaGrammar, RefusesByNameWhatItWouldNotKeep) {
  const std::pair<const char*, const char*> refused[] = {
      {R"({"type":"array","uniqueItems":true})", "'uniqueItems'"},
      {R"({"type":"object","properties":{"a":{"not":{"type":"null"}}}})", "'#/properties/a'"},
      {R"({"if":{},"then":{}})", "'if'"},
      {R"({"type":"array","contains":{"type":"null"}})", "'contains'"},
      {R"({"type":"object","dependentSchemas":{}})", "'dependentSchemas'"},
      {R"({"type":"object","dependentRequired":{}})", "'dependentRequired'"},
      {R"({"type":"number","multipleOf":0.1})", "multipleOf"},
      {R"({"type":"integer","multipleOf":3,"minimum":1})", "multipleOf"},
      {R"({"type":"string","format":"iri"})", "'iri'"},
      {R"({"type":"string","pattern":"a","minLength":2})", "minLength"},
      {R"({"type":"string","pattern":"(?=a)b"})", "lookahead"},
      {R"({"type":"string","pattern":"\\bword"})", "\\b"},
      {R"({"type":"string","pattern":"(a)\\1"})", "\\1"},
      {R"({"type":"string","pattern":"["})", "["},
      {R"({"type":"object","properties":{"a":{}},"patternProperties":{"^b":{}}})",
       "patternProperties"},
      {R"({"type":"object","minProperties":3})", "minProperties"},
      {R"({"$ref":"https://example.com/schema"})", "fetched"},
      {R"({"$ref":"#/$defs/missing"})", "does not have"},
      {R"({"$ref":"#"})", "circle"},
      {R"({"$ref":"#/$defs/a","$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}}})",
       "circle"},
      {R"({"$ref":"#/$defs/a","$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"},{"type":"null"}]}}})",
       "itself"},
      {R"({"type":"object","properties":{"a":{"$ref":"#"}},"required":["a"]})", "complete"},
      {R"({"oneOf":[{"type":"integer"},{"type":"number"}]})", "oneOf"},
      {R"({"type":"integer","minimum":5,"maximum":4})", "no integer"},
      {R"({"type":"array","maxItems":1000000000})", "limit"},
      {R"({"type":"string","maxLength":10000000000000})", "limit"},
      {R"j({"type":"string","pattern":"(((a{900}){900}){900})"})j", "too large"},
      {R"({"type":"strin"})", "type"},
      {R"({"enum":[]})", "no value"},
      {R"({"anyOf":[]})", "anyOf"},
      {R"({"type":"object","properties":{"a":false}})", "false"},
      {R"({"type":"object","additionalProperties":false,"required":["a"]})", "'a'"},
      {R"({"typ":"object"})", "'typ'"},
      {R"([1])", "neither"},
      {"{", "JSON"},
      {"", "JSON"},
      {"\xff", "UTF-8"},
  };
  std::string many = R"({"anyOf":[{"type":"null"})";
  for (int n = 0; n < 50; ++n) many += R"(,{"type":"object"})";
  many += "]}";
  EXPECT_THROW(check_schema(many), Error) << "so many ways that a token would take seconds";
  for (const auto& [schema, words] : refused) {
    SCOPED_TRACE(schema);
    try {
      check_schema(schema);
      ADD_FAILURE() << "was taken";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace ridge::grammar
