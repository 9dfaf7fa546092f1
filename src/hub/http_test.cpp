#include "hub/http.h"

#include <gtest/gtest.h>

namespace ridge::hub {
namespace {

TEST(Url, DisplayHidesWhatMayBeSecret) {
  EXPECT_EQ(display_url("https://me:pw@example.org/a/b.gguf?X-Signature=1#x"),
            "https://example.org/a/b.gguf");
  EXPECT_EQ(display_url("no url?token=1"), "no url");
}

TEST(Url, OriginIsSchemeHostAndPort) {
  EXPECT_EQ(url_origin("https://example.org/a"), "https://example.org:443");
  EXPECT_EQ(url_origin("https://example.org:443/b"), url_origin("https://example.org"));
  EXPECT_NE(url_origin("http://example.org"), url_origin("https://example.org"));
  EXPECT_NE(url_origin("https://example.org"), url_origin("https://cdn.example.org"));
  EXPECT_NE(url_origin("https://example.org:8443"), url_origin("https://example.org"));
  EXPECT_EQ(url_origin("://"), "");
}

TEST(Url, PathsAreDecodedAndEscaped) {
  EXPECT_EQ(url_path("https://h/a%20b/c.gguf?q"), "/a b/c.gguf");
  EXPECT_EQ(url_escape_path("a b/%#?\xc3\xa9.gguf"), "a%20b/%25%23%3F%C3%A9.gguf");
}

}  // namespace
}  // namespace ridge::hub
