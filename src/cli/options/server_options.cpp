#include "cli/options/server_options.h"

#include "base/error.h"
#include "cli/input.h"
#include "cli/options/command_line.h"

namespace ridge::cli {
namespace {

constexpr const char* kServer = "Server";
constexpr const char* kAccess = "Access";
constexpr const char* kLimits = "Limits";

void declare_place(OptionSet& set, ServerOptions& options) {
  set.value("--host", options.host, "Address to listen on (default 127.0.0.1)").group(kServer);
  set.value("--port", options.port, "Port; 0: any that is free (default 8080)")
      .within(0, 65535)
      .group(kServer);
  set.value("--alias", options.alias, "Name that the model is served under (default: its own)")
      .group(kServer);
  set.value("--chat-template-file", options.chat_template_file,
            "Jinja template in place of the model's own")
      .group(kServer);
  set.value("--parallel", options.n_parallel, "Requests that run together (default 4)")
      .within(1, 256)
      .group(kServer);
  set.value("--queue", options.n_queue, "Requests that may wait; further ones get 503 (default 64)")
      .within(0, 100000)
      .group(kServer);
  set.value("--cache-ram", options.cache_ram_mib,
            "MiB for running and remembered conversations (default: by free memory)")
      .within(0, 1 << 30)
      .group(kServer);
  set.value("--cache-disk", options.cache_disk,
            "Folder in which read prompts survive a restart (default: none)")
      .group(kServer);
  set.value("--cache-disk-size", options.cache_disk_mib, "MiB of it (default 8192)")
      .within(1, 1 << 30)
      .group(kServer);
  set.flag("-q,--quiet", options.quiet, "No line for each request");
  set.flag("--log-texts", options.log_texts,
           "Log the first words in which a prompt differs from what was cached");
}

void declare_access(OptionSet& set, ServerOptions& options) {
  set.repeated("--api-key", options.api_keys, "Key that clients must send; may repeat")
      .group(kAccess)
      .secret();
  set.value("--api-key-file", options.api_key_file, "File of such keys, one a line").group(kAccess);
  set.flag("--insecure", options.insecure, "Let other machines in without a key").group(kAccess);
  set.repeated("--allow-host", options.hosts,
               "Name by which clients may call this machine, besides localhost; may repeat")
      .group(kAccess);
  set.repeated("--allow-origin", options.origins,
               "Web pages that may use the server, as https://example.org; may repeat")
      .group(kAccess);
  set.value("--tls-cert", options.tls_certificate,
            "Certificate chain (PEM): HTTPS in place of HTTP")
      .group(kAccess);
  set.value("--tls-key", options.tls_key, "Its private key (PEM)").group(kAccess);
}

void declare_limits(OptionSet& set, ServerOptions& options) {
  set.value("--max-connections", options.n_connections, "Open connections (default 512)")
      .within(1, 100000)
      .group(kLimits);
  set.value("--max-body", options.max_body_mib, "MiB of a request (default 32)")
      .within(1, 4096)
      .group(kLimits);
  set.value("--http-workers", options.n_http_workers,
            "Threads that parse, tokenize and compile grammars (default 2)")
      .within(1, 64)
      .group(kLimits);
  set.value("--keep-alive-seconds", options.keep_alive_seconds,
            "Silence after which a stream says that it lives (default 5)")
      .within(0.1, 3600)
      .group(kLimits);
  set.value("--drain-seconds", options.drain_seconds,
            "Time that running requests get at SIGTERM (default 30)")
      .within(0, 86400)
      .group(kLimits);
}

std::chrono::milliseconds milliseconds(double seconds) {
  return std::chrono::milliseconds(int64_t(seconds * 1000));
}

}  // namespace

void declare_server_options(OptionSet& set, ServerOptions& options) {
  declare_place(set, options);
  declare_access(set, options);
  declare_limits(set, options);
}

server::AccessOptions access_options(const ServerOptions& options) {
  server::AccessOptions access{
      .keys = options.api_keys, .hosts = options.hosts, .origins = options.origins};
  if (!options.api_key_file.empty()) {
    const std::string text = read_text_file(options.api_key_file);
    for (size_t at = 0; at < text.size();) {
      const size_t end = std::min(text.find('\n', at), text.size());
      std::string key = text.substr(at, end - at);
      while (!key.empty() && (key.back() == '\r' || key.back() == ' ')) key.pop_back();
      if (!key.empty()) access.keys.push_back(std::move(key));
      at = end + 1;
    }
    if (access.keys.empty()) {
      fail(ErrorCode::kInvalidArgument, "--api-key-file ", options.api_key_file, " holds no key");
    }
  }
  if (!server::is_loopback(options.host) && access.keys.empty() && !options.insecure) {
    fail(ErrorCode::kInvalidArgument, "--host ", options.host,
         " lets other machines in: --api-key or --api-key-file says who, --insecure lets in all");
  }
  return access;
}

server::HttpOptions http_options(const ServerOptions& options) {
  server::HttpOptions http{.host = options.host,
                           .port = options.port,
                           .tls_certificate = options.tls_certificate,
                           .tls_key = options.tls_key,
                           .n_workers = options.n_http_workers,
                           .limits = {}};
  http.limits.n_connections = options.n_connections;
  http.limits.body_bytes = size_t(options.max_body_mib) << 20;
  http.limits.keep_alive_time = milliseconds(options.keep_alive_seconds);
  return http;
}

}  // namespace ridge::cli
