// Tools, the choice between them and the format of the answer, as OpenAI's two APIs put them. Any
// thread; everything throws RequestError 400 naming the field.
#pragma once

#include "server/fields.h"
#include "server/generator.h"

namespace ridge::server {

// Chat completions: {"type": "function", "function": {"name", "description", "parameters"}}.
chat::Tool chat_tool(const Json& tool, const std::string& where);

// `tools`, `tool_choice` and `parallel_tool_calls` of chat completions.
void read_chat_tools(Fields& fields, AnswerRequest& request);

// "auto", "none", "required", a function by name, or a list of those allowed, in the notation of
// either API.
void read_tool_choice(Fields& fields, AnswerRequest& request);

// {"type": "text" | "json_object" | "json_schema", …}. The schema is a member of its own in chat
// completions and beside the type in Responses.
void read_format(const Json& format, const std::string& where, AnswerRequest& request);
// `response_format`, or llama.cpp's `json_schema` or `grammar`: one of them at most.
void read_grammar(Fields& fields, AnswerRequest& request);

}  // namespace ridge::server
