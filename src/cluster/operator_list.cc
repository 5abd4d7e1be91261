// SPDX-License-Identifier: Apache-2.0
#include "cluster/operator_list.h"

#include <set>

#include <fmt/format.h>

#include "cluster/operator_time.h"

namespace trainyard {
namespace {

void list_layer(const Scenario& scenario, const OperatorTimes& times, LayerKind kind,
                const char* layer, std::vector<ListedOperator>& list) {
  const LayerWork work = layer_work(scenario.model, scenario.training, scenario.plan, kind);
  for (const Operator& op : work.operators) {
    list.push_back({layer, op.name, "forward", times.shape(op), times.forward(op)});
    if (op.kind == OperatorKind::matmul) {
      list.push_back({layer, op.name, "input gradient", times.input_gradient_shape(op),
                      times.input_gradient(op)});
      if (op.frozen) continue;
      list.push_back({layer, op.name, "weights' gradient", times.weights_gradient_shape(op),
                      times.weights_gradient(op)});
    } else {
      list.push_back({layer, op.name, "backward", times.shape(op, true), times.backward(op)});
    }
  }
}

}  // namespace

std::vector<ListedOperator> list_operators(const Scenario& scenario) {
  const OperatorTimes times(scenario.system, scenario.software, scenario.training.format,
                            &scenario.operators);
  std::vector<ListedOperator> list;
  if (!scenario.model.has_experts() || scenario.model.dense_layers > 0) {
    list_layer(scenario, times, LayerKind::dense, "dense", list);
  }
  if (scenario.model.has_experts()) {
    list_layer(scenario, times, LayerKind::expert, "expert", list);
  }
  list_layer(scenario, times, LayerKind::head, "head", list);
  return list;
}

TimeSource ListedOperator::source() const {
  std::size_t at = 0;
  while (at + 1 < kTimeSourceCount && time.by[at] == 0) ++at;
  return static_cast<TimeSource>(at);
}

std::string operators_csv(const std::vector<ListedOperator>& list) {
  std::string text = "kind,pass,batch,m,n,k,bytes,dtype,time_us\n";
  std::set<OperatorShape> written;
  for (const ListedOperator& op : list) {
    const OperatorShape& shape = op.shape;
    if (op.time.total() <= 0 || !written.insert(shape).second) continue;
    const double time_us = op.time.total() * 1e6;
    if (shape.kind == OperatorKind::elementwise) {
      text += fmt::format("elementwise,,,,,,{},,{}\n", shape.bytes, time_us);
      continue;
    }
    const bool attention = shape.kind == OperatorKind::attention;
    const char* const pass = !attention ? "" : shape.backward ? "backward" : "forward";
    text += fmt::format("{},{},{},{},{},{},,{},{}\n", operator_kind_name(shape.kind), pass,
                        shape.batch, shape.m, shape.n, shape.k, format_name(shape.format), time_us);
  }
  return text;
}

void write_operators(JsonWriter& json, const std::vector<ListedOperator>& list) {
  json.objects("operators", list, [&](const ListedOperator& op) {
    json.field("layer", op.layer);
    json.field("name", op.name);
    json.field("pass", op.pass);
    json.field("kind", operator_kind_name(op.shape.kind));
    if (op.shape.kind == OperatorKind::elementwise) {
      json.field("bytes", op.shape.bytes);
    } else {
      json.field("dtype", format_name(op.shape.format));
      json.field("batch", op.shape.batch);
      json.field("m", op.shape.m);
      json.field("n", op.shape.n);
      json.field("k", op.shape.k);
    }
    json.field("time_us", op.time.total() * 1e6);
    json.field("source", source_name(op.source()));
  });
}

std::string sources_words(const SourcedSeconds& operators) {
  std::string words;
  for (std::size_t i = 0; i < kTimeSourceCount; ++i) {
    const auto source = static_cast<TimeSource>(i);
    if (operators[source] <= 0) continue;
    words += fmt::format("{}{:.1f} % from the {}", words.empty() ? "" : ", ",
                         100 * operators[source] / operators.total(), source_name(source));
  }
  return words;
}

}  // namespace trainyard
