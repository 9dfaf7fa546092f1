#include "server/app.h"

#include "base/ascii.h"
#include "base/quote.h"
#include "server/anthropic/messages.h"
#include "server/native/native.h"
#include "server/ollama/ollama.h"
#include "server/openai/chat.h"
#include "server/openai/completions.h"
#include "server/openai/embeddings.h"
#include "server/openai/models.h"
#include "server/openai/responses.h"

namespace ridge::server {
namespace {

using Key = Route::Key;

bool matches(std::string_view pattern, std::string_view path) {
  if (!pattern.ends_with('*')) return pattern == path;
  const std::string_view prefix = pattern.substr(0, pattern.size() - 1);
  return path.starts_with(prefix) && path.size() > prefix.size();
}

bool accepts_method(const Route& route, std::string_view method) {
  return route.method == method || (route.method == "GET" && method == "HEAD");
}

const Route* find_route(std::string_view method, std::string_view path) {
  for (const Route& route : routes()) {
    if (accepts_method(route, method) && matches(route.path, path)) return &route;
  }
  return nullptr;
}

std::string methods_of(std::string_view path) {
  std::string methods;
  for (const Route& route : routes()) {
    if (matches(route.path, path)) append(methods, cat(methods.empty() ? "" : ", ", route.method));
  }
  return methods;
}

// Before a route is known.
Dialect dialect_of(std::string_view path) {
  if (path.starts_with("/v1/messages")) return Dialect::kAnthropic;
  return path.starts_with("/api/") ? Dialect::kOllama : Dialect::kOpenAi;
}

// Anthropic's clients tell themselves apart by this header, where a path has two shapes.
Dialect dialect_for(const Route& route, const HttpRequest& request) {
  const bool is_models = route.path.starts_with("/v1/models");
  return is_models && request.header("anthropic-version") ? Dialect::kAnthropic : route.dialect;
}

bool is_json(std::string_view content_type) {
  const std::string type = ascii_lower(content_type.substr(0, content_type.find(';')));
  return type.starts_with("application/json") || type.ends_with("+json");
}

// A form that a web page sends without asking has one of the types that are refused here. Ollama's
// own examples name no type and curl then says it is a form; its routes rely on Origin alone.
std::optional<Problem> check_content_type(const Route& route, const HttpRequest& head) {
  if (route.method != "POST" || route.dialect == Dialect::kOllama) return std::nullopt;
  const auto type = head.header("content-type");
  if (!type || is_json(*type)) return std::nullopt;
  return Problem{
      .status = 415,
      .message = cat("Content-Type: application/json is wanted, and this is ", in_quotes(*type))};
}

// Counts the answer and gives it its request's number.
class CountedResponder final : public Responder {
 public:
  CountedResponder(std::shared_ptr<Responder> inner, Metrics& metrics, std::string_view route)
      : inner_(std::move(inner)), metrics_(metrics), route_(route) {}
  void reply(HttpReply reply) override {
    metrics_.http_answered(route_, reply.status);
    inner_->reply(std::move(reply));
  }
  void begin(StreamHead head) override {
    metrics_.http_answered(route_, 200);
    inner_->begin(std::move(head));
  }
  void write(std::string bytes) override { inner_->write(std::move(bytes)); }
  void finish() override { inner_->finish(); }
  void post(std::function<void()> task) override { inner_->post(std::move(task)); }
  void on_gone(std::function<void()> task) override { inner_->on_gone(std::move(task)); }

 private:
  std::shared_ptr<Responder> inner_;
  Metrics& metrics_;
  std::string_view route_;
};

}  // namespace

App::App(Generator& generator, const AccessOptions& access, RequestLog::Sink log)
    : generator_(generator), access_(access), log_(std::move(log)) {}

std::optional<HttpReply> App::check(const HttpRequest& head) const {
  const Dialect dialect = dialect_of(head.path);
  if (auto problem = access_.check_place(head)) return error_reply(dialect, *problem);
  if (head.method == "OPTIONS") return access_.preflight(head);
  const Route* route = find_route(head.method, head.path);
  const bool is_open = route != nullptr && route->key == Key::kNotWanted;
  if (!is_open) {
    if (auto problem = access_.check_key(head)) return error_reply(dialect, *problem);
  }
  if (route == nullptr) {
    const std::string methods = methods_of(head.path);
    if (methods.empty()) {
      return error_reply(
          dialect, {.status = 404, .message = cat("there is no ", in_quotes(head.path), " here")});
    }
    HttpReply reply = error_reply(
        dialect, {.status = 405, .message = cat(in_quotes(head.path), " takes ", methods)});
    reply.headers.emplace_back("Allow", methods);
    return reply;
  }
  if (auto problem = check_content_type(*route, head)) return error_reply(dialect, *problem);
  if (server_ != nullptr && server_->is_draining()) {
    return error_reply(dialect,
                       {.status = 503, .message = "the server is shutting down", .retry_after = 5});
  }
  return std::nullopt;
}

Admission App::admit(const HttpRequest& head) {
  Admission admission{.refusal = check(head), .headers = access_.cors(head)};
  const std::string id = new_id("req_");
  admission.headers.emplace_back("x-request-id", id);
  admission.headers.emplace_back("request-id", id);
  if (admission.refusal) metrics_.http_answered("refused", admission.refusal->status);
  return admission;
}

HttpReply App::refuse(const HttpRequest& head, int status, const std::string& why) {
  metrics_.http_answered("refused", status);
  return error_reply(dialect_of(head.path), {.status = status, .message = why});
}

void App::handle(std::shared_ptr<const HttpRequest> request, std::shared_ptr<Responder> responder) {
  const Route& route = *find_route(request->method, request->path);
  const bool has_argument = route.path.ends_with('*');
  const auto call = std::make_shared<Call>(Call{
      .request = request,
      .responder = std::make_shared<CountedResponder>(std::move(responder), metrics_, route.path),
      .generator = generator_,
      .metrics = metrics_,
      .log = log_,
      .server = server_,
      .dialect = dialect_for(route, *request),
      .route = route.path,
      .argument = has_argument ? request->path.substr(route.path.size() - 1) : "",
      .notes = {}});
  try {
    route.run(call);
  } catch (const std::exception& error) {
    const Problem problem = problem_of(error);
    log_.refused(*call, problem.status, problem);
    call->fail(problem);
  }
}

const std::vector<Route>& routes() {
  using enum Dialect;
  static const std::vector<Route> kRoutes{
      {"POST", "/v1/chat/completions", kOpenAi, openai_chat},
      {"POST", "/v1/completions", kOpenAi, openai_completions},
      {"POST", "/v1/embeddings", kOpenAi, openai_embeddings},
      {"POST", "/v1/responses", kOpenAi, openai_responses},
      {"POST", "/v1/messages", kAnthropic, anthropic_messages},
      {"POST", "/v1/messages/count_tokens", kAnthropic, anthropic_count_tokens},
      {"GET", "/v1/models", kOpenAi, list_models},
      {"GET", "/v1/models/*", kOpenAi, show_model},
      {"POST", "/api/chat", kOllama, ollama_chat},
      {"POST", "/api/generate", kOllama, ollama_generate},
      {"POST", "/api/embed", kOllama, ollama_embed},
      {"POST", "/api/embeddings", kOllama, ollama_embeddings},
      {"GET", "/api/tags", kOllama, ollama_tags},
      {"POST", "/api/show", kOllama, ollama_show},
      {"GET", "/api/ps", kOllama, ollama_ps},
      {"GET", "/api/version", kOllama, ollama_version},
      {"GET", "/", kOpenAi, greet, Key::kNotWanted},
      {"GET", "/health", kOpenAi, health, Key::kNotWanted},
      {"GET", "/v1/health", kOpenAi, health, Key::kNotWanted},
      {"GET", "/metrics", kOpenAi, metrics},
      {"GET", "/props", kOpenAi, props},
      {"GET", "/slots", kOpenAi, slots},
      {"POST", "/tokenize", kOpenAi, tokenize},
      {"POST", "/detokenize", kOpenAi, detokenize},
      {"POST", "/apply-template", kOpenAi, apply_template},
  };
  return kRoutes;
}

}  // namespace ridge::server
