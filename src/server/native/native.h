// The routes that belong to no one's API, or to llama.cpp's: health, figures, tokens, templates.
#pragma once

#include "server/call.h"

namespace ridge::server {

void greet(const CallPtr& call);
// 503 when the engine cannot generate any more, or has stood still with work to do.
void health(const CallPtr& call);
void metrics(const CallPtr& call);
void props(const CallPtr& call);
void slots(const CallPtr& call);
void tokenize(const CallPtr& call);
void detokenize(const CallPtr& call);
void apply_template(const CallPtr& call);

}  // namespace ridge::server
