#include "net/row_layers.hpp"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <array>
#include <utility>

#include "movrec/core/random.hpp"
#include "movrec/core/table.hpp"
#include "movrec/ops/dropout.hpp"
#include "movrec/ops/state.hpp"
#include "net/init.hpp"

namespace movrec {
namespace {

struct NamedActivation {
  std::string_view name;
  Activation apply;
};
constexpr std::array kActivations{
    NamedActivation{"relu", [](const at::Tensor& x) { return at::relu(x); }},
    NamedActivation{"elu", [](const at::Tensor& x) { return at::elu(x); }},
    NamedActivation{"selu", [](const at::Tensor& x) { return at::selu(x); }},
    NamedActivation{"tanh", [](const at::Tensor& x) { return at::tanh(x); }},
    NamedActivation{"sigmoid", [](const at::Tensor& x) { return at::sigmoid(x); }},
};

using MakeRowNet = std::unique_ptr<RowNet> (*)(const RowNetShape&,
                                               const NetOptions&,
                                               const RowNetOptions&,
                                               std::uint64_t);
struct NamedRowNet {
  std::string_view name;
  MakeRowNet make;
};
constexpr std::array kRowNets{
    NamedRowNet{"autoencoder", make_autoencoder},
    NamedRowNet{"profile", make_profile_net},
    NamedRowNet{"multvae", make_multvae},
    NamedRowNet{"recvae", make_recvae},
};

template <class T>
at::Tensor on_device(const std::vector<T>& values,
                     at::IntArrayRef shape,
                     at::ScalarType type,
                     at::Device to) {
  return at::from_blob(const_cast<T*>(values.data()), shape, at::TensorOptions(type)).to(to);
}

}  // namespace

RowNet::~RowNet() = default;

std::int64_t RowNet::n_parameters() const {
  std::int64_t n = 0;
  for (const DenseWeight& weight : weights_) n += weight.weight.numel();
  return n;
}

std::int64_t RowNet::hidden_dim() const {
  return output_weight().size(1);
}

void move_to(RowNet& net, const std::string& device) {
  for (DenseWeight& weight : net.weights())
    weight.weight = weight.weight.detach().to(at::Device(device)).requires_grad_();
}

std::vector<float> hidden_values(const RowNet& net, const RowBatch& batch) {
  at::NoGradGuard no_grad;
  return host_values(net.hidden(batch));
}

std::unique_ptr<RowNet> make_row_net(std::string_view name,
                                     const RowNetShape& shape,
                                     const NetOptions& net,
                                     const RowNetOptions& options,
                                     std::uint64_t seed) {
  return find_row(kRowNets, "net", name).make(shape, net, options, seed);
}

std::vector<std::string_view> activation_names() {
  return names_of(kActivations);
}

Activation find_activation(const std::string& name) {
  return find_row(kActivations, "activation", name).apply;
}

RowTensors::RowTensors(const SparseRows& rows, const at::Device& device)
    : begins(on_device(rows.begins, {rows.size()}, at::kLong, device)),
      columns(on_device(rows.columns, {std::ssize(rows.columns)}, at::kLong, device)),
      values(on_device(rows.values, {std::ssize(rows.values)}, at::kFloat, device)) {}

at::Tensor RowTensors::lengths() const {
  return at::cat({begins.slice(0, 1), at::full({1}, n(), begins.options())}) - begins;
}

at::Tensor RowTensors::positions(std::int64_t n_columns) const {
  // Its length is told: a GPU would have to be asked for it.
  const at::Tensor rows = at::arange(begins.size(0), begins.options());
  return rows.repeat_interleave(lengths(), /*dim=*/0, /*output_size=*/n()) * n_columns + columns;
}

at::Tensor RowTensors::dense(std::int64_t n_columns) const {
  at::Tensor out = at::zeros({begins.size(0) * n_columns}, values.options());
  out.index_copy_(0, positions(n_columns), values);
  return out.view({begins.size(0), n_columns});
}

at::Tensor sparse_product(const RowTensors& rows, const at::Tensor& weight) {
  constexpr std::int64_t kSum = 0;
  if (rows.n() == 0) return at::zeros({rows.begins.size(0), weight.size(1)}, weight.options());
  return std::get<0>(at::embedding_bag(weight, rows.columns, rows.begins, /*scale_grad_by_freq=*/false, kSum,
                                       /*sparse=*/false, rows.values));
}

LayeredRowNet::LayeredRowNet(const NetOptions& net, const RowNetOptions& options, std::uint64_t seed)
    : net_(net), options_(options), activation_(find_activation(options.activation)), seed_(seed) {
  if (net.layers.empty()) fail(ErrorKind::usage, "‹layers› needs at least one width");
}

std::uint64_t LayeredRowNet::next_seed() {
  return mix_seed(seed_, n_seeds_++);
}

LayeredRowNet::At LayeredRowNet::add(std::string name, const at::Tensor& weight) {
  weights_.push_back({std::move(name), weight.contiguous().requires_grad_()});
  return weights_.size() - 1;
}

LayeredRowNet::Linear LayeredRowNet::add_linear(const std::string& name,
                                                std::int64_t outputs,
                                                std::int64_t inputs) {
  const At weight = add(name + ".weight", init_layer_weight(outputs, inputs, net_, next_seed()));
  return {weight, add(name + ".bias", init_layer_bias(outputs, inputs, net_, next_seed()))};
}

void LayeredRowNet::add_input(const RowNetShape& shape, std::int64_t outputs) {
  const std::int64_t inputs = shape.n_side + shape.n_columns;
  const at::Tensor whole = init_layer_weight(outputs, inputs, net_, next_seed());
  input_weight_ = add("input.weight", whole.slice(1, shape.n_side).t());
  input_bias_ = add("input.bias", init_layer_bias(outputs, inputs, net_, next_seed()));
  has_side_ = shape.n_side > 0;
  if (has_side_) side_weight_ = add("side.weight", whole.slice(1, 0, shape.n_side));
}

void LayeredRowNet::add_output(std::int64_t n_columns, std::int64_t inputs) {
  const Linear layer = add_linear("output", n_columns, inputs);
  output_weight_ = layer.weight;
  output_bias_ = layer.bias;
}

at::Tensor LayeredRowNet::apply(const Linear& layer, const at::Tensor& x) const {
  return at::addmm(tensor(layer.bias), x, tensor(layer.weight).t());
}

at::Tensor LayeredRowNet::run(std::span<const Linear> layers, at::Tensor x, const RowStep* step) const {
  std::uint32_t place = 0;
  for (const Linear& layer : layers) x = activate(apply(layer, drop(x, step, place++)));
  return x;
}

at::Tensor LayeredRowNet::apply_input(const RowTensors& rows, const RowBatch& batch) const {
  at::Tensor out = sparse_product(rows, tensor(input_weight_)) + tensor(input_bias_);
  if (!has_side_) return out;
  const at::Tensor& weight = tensor(side_weight_);
  const at::Tensor side = on_device(batch.side, {batch.input.size(), weight.size(1)}, at::kFloat, device());
  return at::addmm(out, side, weight.t());
}

at::Tensor LayeredRowNet::output(const at::Tensor& hidden) const {
  return at::addmm(output_bias(), hidden, output_weight().t());
}

at::Tensor LayeredRowNet::normal_like(const at::Tensor& like, const RowStep& step) {
  at::Tensor out = at::empty(like.sizes(), at::kFloat);
  RandomStream random(mix_seed(step.dropout.seed, static_cast<std::uint64_t>(like.size(1))),
                      step.dropout.step);
  auto* values = out.data_ptr<float>();
  for (std::int64_t k = 0; k < out.numel(); ++k) values[k] = static_cast<float>(random.normal());
  return out.to(like.device());
}

at::Tensor LayeredRowNet::drop(const at::Tensor& x, const RowStep* step, std::uint32_t layer) const {
  if (step == nullptr || net_.dropout == 0) return x;
  return x * dropout_mask(x, net_.dropout, {step->dropout.seed, step->dropout.step, layer});
}

}  // namespace movrec
