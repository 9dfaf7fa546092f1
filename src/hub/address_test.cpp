#include "hub/address.h"

#include <gtest/gtest.h>

namespace ridge::hub {
namespace {

TEST(Address, PrivateHostsAreRecognisedInEveryForm) {
  for (const char* host : {"127.0.0.1",
                           "127.255.255.255",
                           "10.1.2.3",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.0.1",
                           "169.254.169.254",
                           "100.64.0.1",
                           "0.0.0.0",
                           "198.19.0.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::1",
                           "[::1]",
                           "::",
                           "fe80::1%eth0",
                           "fc00::1",
                           "fdff::1",
                           "ff02::1",
                           "fec0::1",
                           "::ffff:127.0.0.1",
                           "::ffff:10.0.0.1",
                           "64:ff9b::7f00:1",
                           "2002:7f00:1::",
                           "localhost",
                           "LOCALHOST.",
                           "api.localhost",
                           "::127.0.0.1"}) {
    EXPECT_TRUE(is_private_host(host)) << host;
  }
}

TEST(Address, PublicHostsAndNamesAreNot) {
  for (const char* host :
       {"8.8.8.8",         "9.255.255.255",         "11.0.0.0",         "100.63.255.255",
        "100.128.0.0",     "172.15.255.255",        "172.32.0.0",       "192.167.255.255",
        "192.0.1.0",       "198.17.255.255",        "198.20.0.0",       "223.255.255.255",
        "2606:4700::1111", "::ffff:8.8.8.8",        "64:ff9b::808:808", "2002:808:808::",
        "example.org",     "localhost.example.org", "notlocalhost",     ""}) {
    EXPECT_FALSE(is_private_host(host)) << host;
  }
}

}  // namespace
}  // namespace ridge::hub
