// POST /v1/completions: text that goes on, or fills a gap where the model has tokens for it.
#pragma once

#include "server/call.h"

namespace ridge::server {

void openai_completions(const CallPtr& call);

}  // namespace ridge::server
