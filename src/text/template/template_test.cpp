#include "text/template/template.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"

namespace ridge::text {
namespace {

Value globals() {
  return Value::dict(
      {{Value::string("user"), Value::string("USER")},
       {Value::string("list"), Value::list({Value::string("a"), Value::string("b")})},
       {Value::string("bos"), Value::trusted("<s>")}});
}

Text render(std::string_view source, const TemplateLimits& limits = {}) {
  return Template::parse(source, limits).render(globals());
}

// The text with what is trusted in brackets.
std::string marked(std::string_view source) {
  const Text text = render(source);
  std::string out;
  size_t done = 0;
  for (const Range& range : text.trusted) {
    out.append(text.bytes, done, range.begin - done).append(1, '[');
    out.append(text.bytes, range.begin, range.end - range.begin).append(1, ']');
    done = range.end;
  }
  return out.append(text.bytes, done);
}

TEST(TemplateMarks, LiteralsAreTrustedAndVariablesAreNotThroughEveryOperation) {
  const std::pair<const char*, const char*> cases[] = {
      {"<a>{{ user }}<b>", "[<a>]USER[<b>]"},
      {"{{ bos }}{{ '<x>' ~ user ~ 'y' }}", "[<s><x>]USER[y]"},
      {"{{ ('<x>' + user + '<y>')[2:9] }}", "[>]USER[<y]"},
      {"{{ (' <x>' + user + ' ') | trim }}", "[<x>]USER"},
      {"{{ ('<x>' + user) | lower }}{{ ('é' + user) | title }}", "[<x>]user[É]user"},
      {"{{ ('<x>' + user).replace('x', user) }}", "[<]USER[>]USER"},
      {"{{ user.replace('S', '<x>') }}", "U[<x>]ER"},
      {"{{ '<%s>' % user }}{{ '<{}>'.format(user) }}", "[<]USER[><]USER[>]"},
      {"{{ list | join('<x>') }}", "a[<x>]b"},
      {"{{ ('<x>' + user + '<y>').split('S') | join('-') }}", "[<x>]U[-]ER[<y>]"},
      {"{% set x %}<x>{{ user }}{% endset %}{{ x }}", "[<x>]USER"},
      {"{% macro m(a) %}<x>{{ a }}{% endmacro %}{{ m(user) }}{{ m('lit') }}", "[<x>]USER[<x>lit]"},
      {"{% filter upper %}<x>{{ user }}{% endfilter %}", "[<X>]USER"},
      {"{{ ('<x>' ~ user) * 2 }}", "[<x>]USER[<x>]USER"},
      {"{{ (user ~ '\n<x>') | indent(2) }}", "USER[\n]  [<x>]"},
      {"{{ '<x>' | e }}{{ ('<x>' ~ user) | safe }}", "[&lt;x&gt;<x>]USER"},
      {"{{ '<x>'[::-1] }}{{ user[::-1] }}", ">x<RESU"},
      {"{% for c in '<' ~ user %}{{ c }}{% endfor %}", "[<]USER"},
      {"{{ 7 }}{{ none }}{{ [user, '<x>'] }}", "7None['USER', '<x>']"},
      {"{% macro m() %}{{ kwargs }}{% for k in kwargs %}{{ k }}{% endfor %}{% endmacro %}"
       "{{ m(**{user: 1}) }}",
       "{'USER': 1}USER"},
  };
  for (const auto& [source, wanted] : cases) {
    EXPECT_EQ(marked(source), wanted) << source;
  }
  // What tojson writes is never trusted, not even of literals.
  EXPECT_TRUE(render("{{ user | tojson }}{{ ['<x>'] | tojson }}").trusted.empty());
}

std::string repeated(std::string_view part, int n) {
  std::string out;
  for (int i = 0; i < n; ++i) out += part;
  return out;
}

// kUnsupported, with a message that names the limit.
void expect_bound(const std::string& source, std::string_view limit) {
  SCOPED_TRACE(source.substr(0, 100));
  try {
    render(source);
    ADD_FAILURE() << "rendered";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << error.what();
    EXPECT_NE(std::string_view(error.what()).find(limit), std::string_view::npos) << error.what();
  }
}

TEST(TemplateBounds, DeepSourceIsRefused) {
  const int n = 10'000;
  expect_bound("{{ " + repeated("(", n) + "1" + repeated(")", n) + " }}", "limit of 200");
  expect_bound("{{ " + repeated("[", n) + repeated("]", n) + " }}", "limit of 200");
  expect_bound("{{ " + repeated("{1:", n) + "1" + repeated("}", n) + " }}", "limit of 200");
  expect_bound("{{ " + repeated("-", n) + "1 }}", "limit of 200");
  expect_bound("{{ " + repeated("not ", n) + "1 }}", "limit of 200");
  expect_bound("{{ 1" + repeated(" + 1", n) + " }}", "limit of 200");
  expect_bound("{{ 1" + repeated(" ** 1", n) + " }}", "limit of 200");
  expect_bound("{{ 1" + repeated(" if 1 else 1", n) + " }}", "limit of 200");
  expect_bound("{{ x" + repeated(".x", n) + " }}", "limit of 200");
  expect_bound("{{ x" + repeated("|string", n) + " }}", "limit of 200");
  expect_bound("{{ x" + repeated("()", n) + " }}", "limit of 200");
  expect_bound(repeated("{% if 1 %}", n), "limit of 200");
  expect_bound(repeated("{% for x in l %}", n), "limit of 200");
  expect_bound("{% set " + repeated("(", n) + "x" + repeated(")", n) + " = 1 %}", "limit of 200");
}

TEST(TemplateBounds, LoopsAndCallsThatNeverEndAreStopped) {
  const std::string big = "{% for a in range(100000) %}{% for b in range(100000) %}";
  expect_bound(big + "{% endfor %}{% endfor %}", "steps");
  expect_bound("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "limit of 200");
  expect_bound(
      "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
      "limit of 200");
  expect_bound("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "limit of 200");
  expect_bound("{{ range(1000000) }}", "limit is 100000");
  expect_bound("{{ range(-9223372036854775807, 9223372036854775807) }}", "limit is 100000");
}

TEST(TemplateBounds, LongTextsAreStopped) {
  expect_bound("{{ 'x' * 100000000 }}", "bytes");
  expect_bound("{{ 'x' * 9223372036854775807 }}", "bytes");
  expect_bound("{{ ['x'] * 9223372036854775807 }}", "bytes");
  expect_bound(
      "{% set ns = namespace(s='x') %}{% for i in range(64) %}{% set ns.s = ns.s ~ ns.s %}"
      "{% endfor %}",
      "bytes");
  expect_bound("{{ '%999999999d' % 1 }}", "bytes");
  expect_bound("{{ '{:999999999}'.format(1) }}", "bytes");
  expect_bound("{{ 'x'.center(999999999) }}", "bytes");
  expect_bound("{{ 'x' | indent(999999999, true) }}", "bytes");
  TemplateLimits limits;
  limits.max_output = 10'000'000;
  try {
    render("{% for i in range(1000) %}{{ 'x' * 20000 }}{% endfor %}", limits);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  }
}

TEST(TemplateBounds, ValuesThatShareOrContainThemselvesAreSafe) {
  const std::string grow =
      "{% set ns = namespace(v=[1]) %}{% for i in range(150) %}"
      "{% set ns.v = [ns.v, ns.v] %}{% endfor %}";
  expect_bound(grow + "{{ ns.v }}", "limit");
  expect_bound(grow + "{{ ns.v | tojson }}", "limit");
  expect_bound(grow + "{{ ns.v == [ns.v[0], ns.v[0]] }}", "steps");
  expect_bound(
      "{% set ns = namespace(v=1) %}{% for i in range(300) %}{% set ns.v = [ns.v] %}"
      "{% endfor %}",
      "200 levels");
  expect_bound(
      "{% set ns = namespace(v=1) %}{% for i in range(300) %}{% set ns.v = ns.v | map('e') %}"
      "{% endfor %}",
      "200 levels");
  expect_bound("{% set ns = namespace() %}{% set ns.me = [ns] %}{{ ns }}", "limit");
  // A chain of namespaces as long as the steps allow ends without deep recursion.
  EXPECT_EQ(render("{% set ns = namespace(v=1) %}{% for i in range(100000) %}"
                   "{% set ns.v = namespace(v=ns.v) %}{% endfor %}x")
                .bytes,
            "x");
}

TEST(TemplateErrors, SayWhereAndWhy) {
  const auto message = [](std::string_view source) -> std::string {
    try {
      render(source);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  };
  EXPECT_EQ(message("a\n{{ 1 + }}"),
            "template line 2: the tag ends where an expression is expected");
  EXPECT_EQ(message("{% if 1 %}"), "template line 1: the template ends where 'endif' is expected");
  EXPECT_EQ(message("{{ raise_exception('Roles ' ~ user) }}"), "Roles USER");
  EXPECT_EQ(message("{{ nope.x }}"), "'nope' is undefined");
  EXPECT_EQ(message("{{ list.x.y }}"), "'list' has no attribute 'x'");
  EXPECT_EQ(message("{% include 'x' %}"),
            "template line 1: the statement 'include' is not supported in chat templates");
}

TEST(TemplateMarks, AreAscendingAndDisjoint) {
  const Text text = render("{% for i in range(50) %}<{{ user }}>{{ '|' ~ i }}{% endfor %}");
  size_t end = 0;
  for (const Range& range : text.trusted) {
    EXPECT_LT(range.begin, range.end);
    EXPECT_TRUE(range.begin > end || range.begin == 0);
    end = range.end;
  }
  EXPECT_LE(end, text.bytes.size());
}

}  // namespace
}  // namespace ridge::text
