#include <algorithm>
#include <cstring>

#include "cpu/ops/recurrent.h"
#include "cpu/ops/rows.h"

namespace ridge::cpu {
namespace {

constexpr int64_t kBlock = 512;    // channels of a task: its inputs of a few rows stay in L1
constexpr int64_t kMostTaps = 16;  // of a convolution that is called short

// One sequence's channels [begin, begin + n).
struct Block {
  Rows out;
  Rows x;
  const float* weight;
  int64_t stride;  // of weight and state, from one tap to the next
  int64_t n_taps;
  float* state;
  int64_t first_row;
  int64_t n_rows;
  int64_t begin;
  int64_t n;

  // The input `before` rows before the sequence's first one of the call.
  const float* remembered(int64_t before) const {
    return state + (n_taps - 1 - before) * stride + begin;
  }
  const float* input(int64_t row) const {
    return row < 0 ? remembered(-row) : x[first_row + row] + begin;
  }
};

// The state is overwritten from the oldest input on, so that what moves up is still there.
void remember(const Block& block) {
  for (int64_t before = block.n_taps - 1; before >= 1; --before) {
    const float* from = block.input(block.n_rows - before);
    float* to = block.state + (block.n_taps - 1 - before) * block.stride + block.begin;
    if (from != to) std::memcpy(to, from, size_t(block.n) * sizeof(float));
  }
}

void run_block(const KernelTable& kernels, const Block& block, ConvolutionOutput output) {
  const auto silu = kernels.vector.gated_activation[int(Activation::kSigmoid)];
  const float* inputs[kMostTaps];
  for (int64_t row = 0; row < block.n_rows; ++row) {
    for (int64_t j = 0; j < block.n_taps; ++j) {
      inputs[j] = block.input(row - (block.n_taps - 1) + j);
    }
    float* to = block.out[block.first_row + row] + block.begin;
    kernels.recurrent.convolve({.out = to,
                                .inputs = inputs,
                                .weight = block.weight + block.begin,
                                .weight_stride = block.stride,
                                .n_taps = block.n_taps,
                                .n = block.n});
    if (output == ConvolutionOutput::kSilu) silu(to, to, to, block.n);
  }
  remember(block);
}

}  // namespace

void short_convolution(Context& context, const Tensor& out, const Tensor& x,
                       const ShortConvolution& convolution,
                       std::span<const SequenceRows> sequences) {
  constexpr int64_t kCost = 16;  // of an element, in simple work: the taps and an exponential
  const Tensor& states = convolution.states;
  const int64_t n_taps = convolution.weight.rows(), n_channels = x.cols();
  RIDGE_CHECK(n_taps <= kMostTaps);
  RIDGE_DCHECK(states.shape[1] == n_taps - 1 && states.cols() == n_channels);
  RIDGE_DCHECK(n_channels % 16 == 0);
  const int64_t n_blocks = (n_channels + kBlock - 1) / kBlock;
  for (const SequenceRows& sequence : sequences) {
    float* state = data_of<float>(states) + sequence.slot * states.stride[0];
    if (sequence.first_pos == 0) {
      std::fill_n(state, states.stride[0], 0.0f);
    } else if (sequence.first_slot() != sequence.slot) {
      std::copy_n(data_of<float>(states) + sequence.first_slot() * states.stride[0],
                  states.stride[0], state);
    }
    for_rows(context, n_blocks, kCost * kBlock * sequence.n_rows, [&](int64_t i) {
      const Block block{.out = Rows(out),
                        .x = Rows(x),
                        .weight = data_of<float>(convolution.weight),
                        .stride = n_channels,
                        .n_taps = n_taps,
                        .state = state,
                        .first_row = sequence.first_row,
                        .n_rows = sequence.n_rows,
                        .begin = i * kBlock,
                        .n = std::min(kBlock, n_channels - i * kBlock)};
      run_block(context.kernels, block, convolution.output);
    });
  }
}

}  // namespace ridge::cpu
