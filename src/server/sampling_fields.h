// The sampler's parameters as requests name them. Any thread.
#pragma once

#include "server/fields.h"
#include "server/generator.h"

namespace ridge::server {

// Reads what is there over what `request` holds already, the API's defaults. Throws RequestError
// 400 for what is out of range. All of our sampler's parameters are taken under the names that
// llama.cpp's server gave them, besides those of the API.
void read_sampling(Fields& fields, AnswerRequest& request);

// OpenAI's logit_bias: an object from token ids to biases, or a list of pairs.
void read_logit_bias(Fields& fields, AnswerRequest& request);

}  // namespace ridge::server
