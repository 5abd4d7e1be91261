// SPDX-License-Identifier: Apache-2.0
#include "chakra/step_traces.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "chakra/step_script.h"
#include "cluster/replica_exchange.h"
#include "cluster/step.h"

namespace trainyard {
namespace {

constexpr std::size_t kPasses = 3;

// Of each kind of layer, all passes.
using Scripts = std::array<std::array<Script, kPasses>, 3>;

Scripts scripts_of(const Scenario& scenario, const FoldedStep& step) {
  Scripts made;
  const std::array<const LayerWork*, 3> works = {&step.works.dense, &step.works.expert,
                                                 &step.works.head};
  for (std::size_t kind = 0; kind < works.size(); ++kind) {
    for (std::size_t pass = 0; pass < kPasses; ++pass) {
      made[kind][pass] = layer_script(scenario, *works[kind], static_cast<LayerKind>(kind),
                                      static_cast<ScriptPass>(pass), step.schedule.weights_apart);
    }
  }
  return made;
}

// The trace of one stage, node by node. `pending` are the nodes that the next one waits for.
class StageTrace {
 public:
  StageTrace(const Scenario& scenario, const FoldedStep& step, const Scripts& scripts,
             std::int32_t stage, std::vector<WrittenGroup>& groups)
      : scenario_(scenario),
        step_(step),
        scripts_(scripts),
        stage_(stage),
        of_a_stage_(scenario.plan.ranks() / scenario.plan.pipeline),
        times_(scenario.system, scenario.software, scenario.training.format),
        groups_(groups) {}

  // `begin_s`: of the stage's operations, as the pipeline has them.
  ExecutionTrace write(const double* begin_s) {
    for (const StepOperation& operation :
         step_.schedule.sequences[static_cast<std::size_t>(stage_)]) {
      clock_s_ = *begin_s++;
      receive(operation);
      run(operation);
      send(operation);
    }
    finish_step();
    return std::move(trace_);
  }

 private:
  struct Sent {
    std::int32_t rank = -1;  // of the pipeline; -1: nobody
    std::int64_t tag = 0;
  };

  // Between a place and the next on an operation's way.
  Sent between(const StepOperation& operation, std::int32_t from, std::int32_t to) const {
    const PipelineSchedule& schedule = step_.schedule;
    const bool backward = operation.kind == StepKind::backward;
    const std::int64_t message = std::int64_t{operation.micro_batch} * schedule.places() + from;
    const std::int32_t other = schedule.rank_of(schedule.rank_of(from) == stage_ ? to : from);
    return {other == stage_ ? -1 : other, 2 * message + (backward ? 1 : 0)};
  }

  Sent sender(const StepOperation& operation) const {
    const std::int32_t at = step_.schedule.place(stage_, operation.chunk);
    if (operation.kind == StepKind::forward && !step_.schedule.first_of_way(at)) {
      return between(operation, at - 1, at);
    }
    if (operation.kind == StepKind::backward && !step_.schedule.last_of_way(at)) {
      return between(operation, at + 1, at);
    }
    return {};
  }

  Sent receiver(const StepOperation& operation) const {
    const std::int32_t at = step_.schedule.place(stage_, operation.chunk);
    if (operation.kind == StepKind::forward && !step_.schedule.last_of_way(at)) {
      return between(operation, at, at + 1);
    }
    if (operation.kind == StepKind::backward && !step_.schedule.first_of_way(at)) {
      return between(operation, at, at - 1);
    }
    return {};
  }

  void receive(const StepOperation& operation) {
    const Sent from = sender(operation);
    if (from.rank < 0) return;
    TraceNode& node = message(TraceNodeKind::receive, from, operation);
    node.parents = 0;
    pending_.push_back(node.id);
  }

  void send(const StepOperation& operation) {
    const Sent to = receiver(operation);
    if (to.rank < 0) return;
    wait_for(message(TraceNodeKind::send, to, operation), pending_);
  }

  TraceNode& message(TraceNodeKind kind, const Sent& other, const StepOperation& operation) {
    const bool forward = operation.kind == StepKind::forward;
    TraceNode& node =
        add(kind, fmt::format("{} micro-batch {}", forward ? "activations of" : "gradients of",
                              operation.micro_batch));
    node.bytes = step_.works.dense.input_bytes;
    node.peer = other.rank * of_a_stage_;
    node.tag = other.tag;
    return node;
  }

  void run(const StepOperation& operation) {
    const ChunkLayers& chunk =
        step_.chunks[static_cast<std::size_t>(stage_ * step_.schedule.chunks + operation.chunk)];
    const auto pass = static_cast<std::size_t>(operation.kind);
    const auto layers = [&](LayerKind kind, double count) {
      for (int i = 0; i < static_cast<int>(count); ++i) {
        play(scripts_[static_cast<std::size_t>(kind)][pass]);
      }
    };
    const bool forward = operation.kind == StepKind::forward;
    if (chunk.head && !forward) layers(LayerKind::head, 1);
    layers(forward ? LayerKind::dense : LayerKind::expert, forward ? chunk.dense : chunk.expert);
    layers(forward ? LayerKind::expert : LayerKind::dense, forward ? chunk.expert : chunk.dense);
    if (chunk.head && forward) layers(LayerKind::head, 1);
  }

  void play(const Script& script) {
    std::uint64_t beside = 0;
    double beside_end_s = -1;  // below 0: no collective goes on beside
    const auto join = [&] {
      if (beside_end_s < 0) return;
      pending_.push_back(beside);
      clock_s_ = std::max(clock_s_, beside_end_s);
      beside_end_s = -1;
    };
    for (const ScriptItem& item : script) {
      if (item.joins) join();
      const std::uint64_t id = add_item(item);
      if (item.beside) {
        beside = id;
        beside_end_s = clock_s_ + item.seconds;
        continue;
      }
      clock_s_ += item.seconds;
      pending_.assign(1, id);
      if (!item.on_host && item.kind == TraceNodeKind::compute) {
        kernel_ends_.emplace_back(clock_s_, id);
      }
    }
    join();
  }

  std::uint64_t add_item(const ScriptItem& item) {
    TraceNode& node = add(item.kind, item.name);
    node.on_host = item.on_host;
    node.operations = item.operations;
    node.bytes = item.bytes;
    if (item.kind == TraceNodeKind::collective) {
      node.collective = item.collective;
      node.group = group(item.group);
    } else {
      node.seconds = item.seconds;
    }
    wait_for(node, pending_);
    return node.id;
  }

  // Gradients and parameters, the part that is hidden beside the last kernels; the optimiser; what
  // the host does between steps.
  void finish_step() {
    const ReplicaExchange exchange =
        replica_exchange(scenario_, step_, static_cast<std::size_t>(stage_));
    std::vector<std::uint64_t> before = pending_;
    if (exchange.hidden_s > 0) {
      const double begin_s = clock_s_ - exchange.hidden_s;
      const auto first = std::lower_bound(kernel_ends_.begin(), kernel_ends_.end(),
                                          std::pair<double, std::uint64_t>(begin_s, 0));
      if (first != kernel_ends_.end()) before.assign(1, first->second);
    }
    const std::vector<std::uint64_t> last = pending_;
    for (std::size_t i = 0; i < exchange.count; ++i) {
      const ReplicaCollective& one = exchange.collectives[i];
      if (one.cost.seconds <= 0) continue;
      TraceNode& node =
          add(TraceNodeKind::collective,
              one.kind == Collective::all_gather ? "replicas: parameters" : "replicas: gradients");
      node.collective = chakra_collective(one.kind);
      node.bytes =
          chakra_comm_size(scenario_.system, one.group, {one.kind, one.bytes, 1, one.cost}, false);
      node.group = group(one.group);
      wait_for(node, before);
      before.assign(1, node.id);
    }
    if (before != last) before.insert(before.end(), last.begin(), last.end());
    TraceNode& optimizer = add(TraceNodeKind::compute, "optimiser");
    optimizer.seconds = times_.memory_s(exchange.optimizer_bytes);
    optimizer.bytes = exchange.optimizer_bytes;
    wait_for(optimizer, before);
    if (scenario_.software.step_overhead_ms <= 0) return;
    const std::uint64_t done = optimizer.id;
    TraceNode& host = add(TraceNodeKind::compute, "between steps");
    host.on_host = true;
    host.seconds = scenario_.software.step_overhead_ms * 1e-3;
    wait_for(host, {done});
  }

  TraceNode& add(TraceNodeKind kind, const std::string& name) {
    TraceNode node;
    node.id = trace_.nodes.size();
    node.kind = kind;
    node.name = trace_.word(name);
    node.parents_first = static_cast<std::uint32_t>(trace_.parents.size());
    trace_.nodes.push_back(node);
    return trace_.nodes.back();
  }

  void wait_for(TraceNode& node, const std::vector<std::uint64_t>& parents) {
    node.parents_first = static_cast<std::uint32_t>(trace_.parents.size());
    node.parents = static_cast<std::uint32_t>(parents.size());
    trace_.parents.insert(trace_.parents.end(), parents.begin(), parents.end());
  }

  // "0" is everybody.
  std::uint32_t group(const GroupShape& shape) {
    if (shape.size == static_cast<double>(scenario_.plan.ranks())) return trace_.word("0");
    const auto [found, is_new] = group_words_.emplace(std::pair(shape.size, shape.stride), 0);
    if (is_new) {
      groups_.push_back(
          {fmt::format("{}", groups_.size() + 1), std::int64_t{stage_} * of_a_stage_, shape});
      found->second = trace_.word(groups_.back().name);
    }
    return found->second;
  }

  const Scenario& scenario_;
  const FoldedStep& step_;
  const Scripts& scripts_;
  const std::int32_t stage_;
  const std::int64_t of_a_stage_;
  const OperatorTimes times_;
  std::vector<WrittenGroup>& groups_;
  std::map<std::pair<double, double>, std::uint32_t> group_words_;
  ExecutionTrace trace_;
  std::vector<std::uint64_t> pending_;
  double clock_s_ = 0;
  std::vector<std::pair<double, std::uint64_t>> kernel_ends_;  // ascending
};

void check_size(const Scenario& scenario, const FoldedStep& step, const Scripts& scripts) {
  double nodes = 0;
  for (std::size_t stage = 0; stage < step.schedule.sequences.size(); ++stage) {
    for (const StepOperation& operation : step.schedule.sequences[stage]) {
      const ChunkLayers& chunk =
          step.chunks[stage * static_cast<std::size_t>(step.schedule.chunks) +
                      static_cast<std::size_t>(operation.chunk)];
      const auto pass = static_cast<std::size_t>(operation.kind);
      nodes += 2 + chunk.dense * static_cast<double>(scripts[0][pass].size()) +
               chunk.expert * static_cast<double>(scripts[1][pass].size()) +
               (chunk.head ? static_cast<double>(scripts[2][pass].size()) : 0);
    }
  }
  const double tags = 2.0 * step.schedule.places() * step.schedule.micro_batches;
  constexpr double kTagsMax = 2147483647;
  if (nodes <= static_cast<double>(kTraceNodesMax) && tags <= kTagsMax) return;
  throw Fault(
      FaultKind::limit,
      fmt::format("its traces would have {:.3g} nodes, more than {}", nodes, kTraceNodesMax),
      "fewer micro-batches make a shorter step")
      .at(scenario.place("training.global_batch"))
      .in("training.global_batch");
}

void write_groups(const StepTraces& step, const std::string& file) {
  std::string text = "{";
  for (const WrittenGroup& group : step.groups) {
    text += fmt::format("{}\n\"{}\": [", text.size() > 1 ? "," : "", group.name);
    for (std::int64_t i = 0; i < static_cast<std::int64_t>(group.shape.size); ++i) {
      text += fmt::format("{}{}", i > 0 ? ", " : "",
                          group.first + i * static_cast<std::int64_t>(group.shape.stride));
    }
    text += "]";
  }
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text << "\n}\n";
  stream.close();
  if (!stream) {
    throw Fault(FaultKind::usage, "cannot write " + file,
                "check that the folder exists, may be written and has room");
  }
}

}  // namespace

StepTraces step_traces(const Scenario& scenario) {
  const FoldedStep step = fold_step(scenario);
  const Scripts scripts = scripts_of(scenario, step);
  check_size(scenario, step, scripts);
  const PipelineRun run = run_schedule(step.schedule, step.times, true);
  StepTraces made;
  const double* begin_s = run.begin_s.data();
  for (std::int32_t stage = 0; stage < step.schedule.ranks; ++stage) {
    made.traces.push_back(StageTrace(scenario, step, scripts, stage, made.groups).write(begin_s));
    begin_s += step.schedule.sequences[static_cast<std::size_t>(stage)].size();
  }
  return made;
}

void write_step_traces(const Scenario& scenario, const std::string& prefix) {
  StepTraces made = step_traces(scenario);
  const std::int64_t of_a_stage = scenario.plan.ranks() / scenario.plan.pipeline;
  for (std::size_t stage = 0; stage < made.traces.size(); ++stage) {
    ExecutionTrace& trace = made.traces[stage];
    trace.file = trace_file(prefix, static_cast<std::int64_t>(stage) * of_a_stage);
    write_execution_trace(trace, scenario.title);
  }
  write_groups(made, prefix + ".groups.json");
}

}  // namespace trainyard
