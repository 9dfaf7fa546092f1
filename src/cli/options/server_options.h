// The options of `ridge serve` that are about the server, not the model.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/access.h"
#include "server/http/server.h"

namespace ridge::cli {

class OptionSet;

struct ServerOptions {
  std::string host = "127.0.0.1";
  int port = 8080;
  std::string alias;  // empty: the model's own name
  std::string chat_template_file;

  int64_t n_parallel = 4;
  int64_t n_queue = 64;
  int64_t cache_ram_mib = 0;  // 0: chosen by memory
  std::string cache_disk;
  int64_t cache_disk_mib = 8192;

  std::vector<std::string> api_keys;
  std::string api_key_file;
  bool insecure = false;
  std::vector<std::string> hosts;
  std::vector<std::string> origins;
  std::string tls_certificate;
  std::string tls_key;

  int n_connections = 512;
  int64_t max_body_mib = 32;
  int n_http_workers = 2;
  double keep_alive_seconds = 5;
  double drain_seconds = 30;
  bool quiet = false;
  bool log_texts = false;
};

void declare_server_options(OptionSet& set, ServerOptions& options);

// Keys of the line and of the file, one a line. Throws Error{kInvalidArgument} when other machines
// could reach the server without a key and nobody said --insecure.
server::AccessOptions access_options(const ServerOptions& options);
server::HttpOptions http_options(const ServerOptions& options);

}  // namespace ridge::cli
