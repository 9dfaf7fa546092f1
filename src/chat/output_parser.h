// OutputParser: the text of an answer, piece by piece, into reasoning, content and tool calls. One
// a stream, one thread. It never throws on what a model says.
//
// The text comes with control tokens spelled out (text::SpecialTokens::kParse), without the token
// that ended the answer. It may be split anywhere, in the middle of a character too: the events
// joined are the same. Text that could begin a marker is held back until it cannot.
//
// The fragments of a call's arguments join to valid JSON at every kCallEnd, wherever the text was
// cut: strings, lists and objects that were open are closed, a number or a word that was not
// finished is left out with its key. A call whose name cannot be read comes out as content, as it
// was written; of one that goes wrong later the rest does. Both are counted.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ridge::chat {

struct Event {
  enum class Kind {
    kReasoning,  // text: more of it
    kContent,    // text: more of it
    kCallBegin,  // text: name of the tool; id: the model's own for this call, mostly empty
    kArguments,  // text: fragment of JSON
    kCallEnd,    // whole: false when it was cut or went wrong
  };
  Kind kind = Kind::kContent;
  std::string text;
  int call = -1;  // counted from 0; of the three kinds about calls. Calls never interleave
  std::string id;
  bool whole = true;
  bool operator==(const Event&) const = default;
};

enum class Ending {
  kComplete,  // the model ended its answer
  kCut,       // by a limit, a stop string or somebody who left
};

class OutputParser {
 public:
  virtual ~OutputParser() = default;
  virtual std::vector<Event> push(std::string_view text) = 0;
  // What was held back, and the ends of what is open. Nothing may be pushed after it.
  virtual std::vector<Event> finish(Ending ending) = 0;
  virtual int unparsed_calls() const = 0;
};

// A whole answer at once.
struct ParsedAnswer {
  struct Call {
    std::string name, arguments, id;
    bool whole = true;
    bool operator==(const Call&) const = default;
  };
  std::string reasoning, content;
  std::vector<Call> calls;
  int unparsed_calls = 0;
  bool operator==(const ParsedAnswer&) const = default;
};

void add(const Event& event, ParsedAnswer& answer);
ParsedAnswer parse_answer(OutputParser& parser, std::string_view text, Ending ending);

}  // namespace ridge::chat
