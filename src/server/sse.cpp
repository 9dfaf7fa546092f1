#include "server/sse.h"

#include "base/strcat.h"

namespace ridge::server {

std::string sse_data(const Json& json) {
  return cat("data: ", dump(json), "\n\n");
}

std::string sse_event(std::string_view name, const Json& json) {
  return cat("event: ", name, "\ndata: ", dump(json), "\n\n");
}

std::string json_line(const Json& json) {
  return cat(dump(json), "\n");
}

}  // namespace ridge::server
