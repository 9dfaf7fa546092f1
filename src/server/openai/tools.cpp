#include "server/openai/tools.h"

#include <algorithm>

#include "base/quote.h"
#include "grammar/source.h"
#include "server/problem.h"

namespace ridge::server {
namespace {

constexpr size_t kMostTools = 1024;

chat::Tool tool_from(Fields fields) {
  chat::Tool tool{.name = fields.required_string("name")};
  if (tool.name.empty()) refuse_field(fields.path("name"), "a tool needs a name");
  tool.description = fields.string("description").value_or("");
  if (const Json* parameters = fields.find("parameters")) {
    if (!parameters->is_object()) {
      refuse_field(fields.path("parameters"),
                   cat("a JSON Schema is wanted, and this is ", describe(*parameters)));
    }
    tool.parameters = dump(*parameters);
  }
  tool.strict = fields.boolean("strict").value_or(false);
  return tool;
}

const chat::Tool* find_tool(const std::vector<chat::Tool>& tools, const std::string& name) {
  const auto found = std::find_if(tools.begin(), tools.end(),
                                  [&](const chat::Tool& tool) { return tool.name == name; });
  return found == tools.end() ? nullptr : &*found;
}

// A function by name: {"name"} or {"function": {"name"}}.
std::string function_name(const Json& choice, const std::string& where) {
  Fields fields(choice, where);
  if (const Json* function = fields.find("function")) {
    return Fields(*function, where + ".function").required_string("name");
  }
  return fields.required_string("name");
}

void choose_word(const std::string& word, AnswerRequest& request) {
  if (word == "auto") {
    request.rules.choice = chat::ToolChoice::kAuto;
  } else if (word == "none") {
    request.rules.choice = chat::ToolChoice::kNone;
  } else if (word == "required" || word == "any") {
    request.rules.choice = chat::ToolChoice::kRequired;
  } else {
    refuse_field("tool_choice", cat("auto, none, required or a function is wanted, and this is ",
                                    in_quotes(word)));
  }
}

// Only some of the tools may be called; the others are still described, so that the prompt stays
// what it was.
void allow_some(const Json& choice, AnswerRequest& request) {
  Fields fields(choice.contains("allowed_tools") ? choice["allowed_tools"] : choice, "tool_choice");
  choose_word(fields.string("mode").value_or("auto"), request);
  const Json& allowed = fields.required("tools");
  std::vector<chat::Tool> kept;
  for (const Json& entry : allowed) {
    const std::string name = function_name(entry, "tool_choice.tools");
    const chat::Tool* tool = find_tool(request.rules.tools, name);
    if (tool == nullptr) refuse_field("tool_choice", cat("there is no tool ", in_quotes(name)));
    kept.push_back(*tool);
  }
  request.rules.tools = std::move(kept);
}

}  // namespace

chat::Tool chat_tool(const Json& tool, const std::string& where) {
  Fields fields(tool, where);
  const std::string type = fields.string("type").value_or("function");
  if (type != "function") {
    refuse_field(fields.path("type"),
                 cat("only tools of type 'function' are supported, and this is ", in_quotes(type)));
  }
  return tool_from(Fields(fields.required("function"), where + ".function"));
}

void read_tool_choice(Fields& fields, AnswerRequest& request) {
  const Json* choice = fields.find("tool_choice");
  if (choice == nullptr) return;
  if (choice->is_string()) {
    choose_word(choice->get<std::string>(), request);
  } else {
    const std::string type = Fields(*choice, "tool_choice").string("type").value_or("function");
    if (type == "allowed_tools") {
      allow_some(*choice, request);
    } else {
      request.rules.choice = chat::ToolChoice::kNamed;
      request.rules.named = function_name(*choice, "tool_choice");
      if (find_tool(request.rules.tools, request.rules.named) == nullptr) {
        refuse_field("tool_choice", cat("there is no tool ", in_quotes(request.rules.named)));
      }
    }
  }
  const bool must_call = request.rules.choice == chat::ToolChoice::kRequired;
  if (must_call && request.rules.tools.empty()) {
    refuse_field("tool_choice", "a call is required, and there are no tools");
  }
}

void read_chat_tools(Fields& fields, AnswerRequest& request) {
  fields.refuse("functions", "it is superseded; `tools` says the same");
  fields.refuse("function_call", "it is superseded; `tool_choice` says the same");
  if (const Json* tools = fields.find("tools")) {
    if (!tools->is_array() || tools->size() > kMostTools) {
      refuse_field("tools", cat("a list of at most ", kMostTools, " tools is wanted"));
    }
    for (size_t i = 0; i < tools->size(); ++i) {
      request.conversation.tools.push_back(chat_tool((*tools)[i], cat("tools[", i, "]")));
    }
    request.rules.tools = request.conversation.tools;
  }
  read_tool_choice(fields, request);
  if (!fields.boolean("parallel_tool_calls").value_or(true)) {
    request.rules.parallel = chat::ParallelCalls::kOneAtMost;
  }
}

void read_format(const Json& format, const std::string& where, AnswerRequest& request) {
  Fields fields(format, where);
  const std::string type = fields.required_string("type");
  if (type == "text") return;
  if (type == "json_object") {
    request.rules.format = grammar::AnyJson{};
    return;
  }
  if (type != "json_schema") {
    refuse_field(fields.path("type"),
                 cat("text, json_object or json_schema is wanted, and this is ", in_quotes(type)));
  }
  const Json* inner = fields.find("json_schema");
  Fields spec(inner != nullptr ? *inner : format,
              inner != nullptr ? where + ".json_schema" : where);
  const Json& schema = spec.required("schema");
  const bool strict = spec.boolean("strict").value_or(false);
  request.rules.format = grammar::JsonSchema{
      .schema = dump(schema),
      .extras = strict ? grammar::Extras::kNever : grammar::Extras::kAsSchemaSays};
}

void read_grammar(Fields& fields, AnswerRequest& request) {
  if (const Json* format = fields.find("response_format")) {
    read_format(*format, "response_format", request);
  }
  const auto rules = fields.string("grammar");
  const Json* schema = fields.find("json_schema");
  const int n_said =
      int(request.rules.format.has_value()) + int(rules.has_value()) + int(schema != nullptr);
  if (n_said > 1) {
    refuse_field("grammar", "only one of response_format, json_schema and grammar can be kept");
  }
  if (rules) request.rules.format = grammar::Gbnf{*rules};
  if (schema != nullptr) request.rules.format = grammar::JsonSchema{.schema = dump(*schema)};
}

}  // namespace ridge::server
