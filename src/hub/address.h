// Which addresses belong to this machine or its private network. A download that is redirected must
// not become a way to reach them (server-side request forgery). Pure functions: any thread.
#pragma once

#include <sys/socket.h>

#include <string_view>

namespace ridge::hub {

// Loopback, link-local, private, shared (RFC 6598), benchmarking, multicast and reserved addresses,
// also when an IPv4 one hides in an IPv6 one (mapped, NAT64, 6to4).
bool is_private_address(const sockaddr& address);

// A literal address as above ("127.0.0.1", "[::1]" or "::1"), "localhost" or a name below it. Other
// names are false: what they resolve to is known when the socket is opened.
bool is_private_host(std::string_view host);

}  // namespace ridge::hub
