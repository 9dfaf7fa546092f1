// The least that a test must read and multiply, counted from the model's description: the numbers
// that BUE and the roofline stand on. Pure functions.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/test.h"
#include "gguf/file.h"
#include "kv/pool.h"
#include "spec/spec.h"

namespace ridge {

// What a token's attention costs in one layer.
struct AttentionWork {
  int64_t macs = 0;    // multiply-adds with each position that it sees
  int64_t window = 0;  // positions that it sees at most; 0: all
};

// What a model costs, whatever the test.
struct ModelWork {
  int64_t weight_bytes = 0;  // that one decoded token reads ("active bytes")
  int64_t weight_macs = 0;   // multiply-adds of a token with the layers' weights and states
  int64_t head_macs = 0;     // … with the output's; of a prompt, only the last token has any
  bool every_weight = true;  // each token reads all of them; false: experts are chosen by token
  std::vector<AttentionWork> attention;  // of the layers
};
ModelWork work_of_model(const ModelSpec& spec, const gguf::File& file);

struct TestWork {
  double bytes = 0;  // weights once a forward pass, the cache that each token or chunk sees once;
                     // 0: not known (several columns that choose experts)
  double macs = 0;
  double intensity() const { return bytes > 0 ? macs / bytes : 0; }  // multiply-adds per byte
};
// chunk: prompt tokens of one forward pass. kv: ridge::kv_bytes() of the cache types.
TestWork work_of_test(const BenchTest& test, const ModelWork& model,
                      const std::vector<KvKindBytes>& kv, int64_t chunk);

// Bytes of cache that a token reads which sees n_tokens, itself included.
int64_t kv_bytes_read(const std::vector<KvKindBytes>& kv, int64_t n_tokens);

}  // namespace ridge
