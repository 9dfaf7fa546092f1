// The verbs of recurrent layers on the host, step by step: the meaning of them, and the fallback of
// a back end that lacks them.
#include <algorithm>
#include <cmath>
#include <vector>

#include "backend/backend.h"

namespace ridge {
namespace {

// A tensor's innermost rows on the host; on the device they may lie anywhere.
class HostRows {
 public:
  HostRows(Backend& backend, const Tensor& tensor)
      : backend_(backend), tensor_(tensor), values_(size_t(tensor.n_elements())) {}

  static HostRows of(Backend& backend, const Tensor& tensor) {
    HostRows rows(backend, tensor);
    rows.download(tensor);
    return rows;
  }
  // From a tensor of the same shape.
  void download(const Tensor& from) {
    for (int64_t i = 0; i < size(); ++i) {
      backend_.download(device(from, i), std::as_writable_bytes(std::span((*this)[i])));
    }
  }
  void upload() {
    for (int64_t i = 0; i < size(); ++i) {
      backend_.upload(device(tensor_, i), std::as_bytes(std::span((*this)[i])));
    }
  }
  int64_t cols() const { return tensor_.cols(); }
  int64_t size() const { return tensor_.n_elements() / cols(); }
  std::span<float> operator[](int64_t row) {
    return std::span(values_).subspan(size_t(row * cols()), size_t(cols()));
  }
  // Element i of all, in row-major order.
  float& at(int64_t i) { return values_[size_t(i)]; }

 private:
  static Tensor device(const Tensor& tensor, int64_t row) {
    Tensor part = tensor;
    part.rank = 1;
    part.shape = {tensor.cols()};
    part.stride = {1};
    int64_t offset = 0;
    for (int i = tensor.rank - 2; i >= 0; --i) {
      offset += row % tensor.shape[size_t(i)] * tensor.stride[size_t(i)];
      row /= tensor.shape[size_t(i)];
    }
    part.offset += size_t(offset) * sizeof(float);
    return part;
  }

  Backend& backend_;
  Tensor tensor_;
  std::vector<float> values_;
};

// The state of one sequence, to be left in its slot of `states`.
HostRows state_of(Backend& backend, const Tensor& states, const SequenceRows& sequence) {
  HostRows state(backend, slice_rows(states, sequence.slot, 1));
  if (sequence.first_pos > 0) state.download(slice_rows(states, sequence.first_slot(), 1));
  return state;
}

double sigmoid(double x) {
  return 1 / (1 + std::exp(-x));
}

double softplus(double x) {
  return std::max(x, 0.0) + std::log1p(std::exp(-std::fabs(x)));
}

std::vector<double> normalised(std::span<const float> x, double eps) {
  double squares = eps;
  for (float value : x) squares += double(value) * double(value);
  std::vector<double> out(x.begin(), x.end());
  for (double& value : out) value /= std::sqrt(squares);
  return out;
}

struct DeltaStep {
  std::vector<double> q, k;
  std::span<const float> v;
  double decay, beta;
};

// state: [k_dim][v_dim]
void step(std::span<float> state, const DeltaStep& s, std::span<float> out) {
  const size_t k_dim = s.k.size(), v_dim = s.v.size();
  for (size_t c = 0; c < v_dim; ++c) {
    double known = 0, sum = 0;
    for (size_t i = 0; i < k_dim; ++i) known += double(state[i * v_dim + c]) * s.k[i];
    const double d = s.beta * (double(s.v[c]) - s.decay * known);
    for (size_t i = 0; i < k_dim; ++i) {
      float& element = state[i * v_dim + c];
      element = float(s.decay * double(element) + s.k[i] * d);
      sum += double(element) * s.q[i];
    }
    out[c] = float(sum / std::sqrt(double(k_dim)));
  }
}

}  // namespace

void Backend::short_convolution(const Tensor& out, const Tensor& x,
                                const ShortConvolution& convolution,
                                std::span<const SequenceRows> sequences) {
  HostRows result(*this, out), in = HostRows::of(*this, x);
  HostRows weight = HostRows::of(*this, convolution.weight);
  const int64_t n_taps = weight.size(), n_channels = weight.cols();
  for (const SequenceRows& sequence : sequences) {
    HostRows state = state_of(*this, convolution.states, sequence);
    for (int64_t row = sequence.first_row; row < sequence.first_row + sequence.n_rows; ++row) {
      for (int64_t c = 0; c < n_channels; ++c) {
        double sum = double(weight[n_taps - 1][size_t(c)]) * double(in[row][size_t(c)]);
        for (int64_t j = 0; j + 1 < n_taps; ++j) {
          sum += double(weight[j][size_t(c)]) * double(state[j][size_t(c)]);
          state[j][size_t(c)] = (j + 2 < n_taps ? state[j + 1] : in[row])[size_t(c)];
        }
        const bool is_silu = convolution.output == ConvolutionOutput::kSilu;
        result[row][size_t(c)] = float(is_silu ? sum * sigmoid(sum) : sum);
      }
    }
    state.upload();
  }
  result.upload();
}

void Backend::delta_net(const Tensor& out, const DeltaNetInputs& inputs,
                        const DeltaNetParams& params, std::span<const SequenceRows> sequences) {
  HostRows result(*this, out),
      q = HostRows::of(*this, inputs.q), k = HostRows::of(*this, inputs.k),
      v = HostRows::of(*this, inputs.v), alpha = HostRows::of(*this, inputs.alpha),
      beta = HostRows::of(*this, inputs.beta), a = HostRows::of(*this, params.a),
      dt_bias = HostRows::of(*this, params.dt_bias);
  const int64_t n_k_heads = inputs.q.shape[1], n_v_heads = inputs.v.shape[1];
  const auto head_size = size_t(inputs.q.cols() * inputs.v.cols());
  for (const SequenceRows& sequence : sequences) {
    HostRows state = state_of(*this, params.states, sequence);
    for (int64_t row = sequence.first_row; row < sequence.first_row + sequence.n_rows; ++row) {
      for (int64_t head = 0; head < n_v_heads; ++head) {
        const int64_t key_head = params.key_heads == KeyHeads::kCyclic
                                     ? head % n_k_heads
                                     : head / (n_v_heads / n_k_heads);
        const int64_t value = row * n_v_heads + head, key = row * n_k_heads + key_head;
        const double time = softplus(double(alpha.at(value)) + double(dt_bias.at(head)));
        step(std::span(&state.at(head * int64_t(head_size)), head_size),
             {.q = normalised(q[key], double(params.norm_eps)),
              .k = normalised(k[key], double(params.norm_eps)),
              .v = v[value],
              .decay = std::exp(double(a.at(head)) * time),
              .beta = sigmoid(double(beta.at(value)))},
             result[value]);
      }
    }
    state.upload();
  }
  result.upload();
}

}  // namespace ridge
