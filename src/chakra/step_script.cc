// SPDX-License-Identifier: Apache-2.0
#include "chakra/step_script.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "base/fault.h"
#include "cluster/layer_time.h"

namespace trainyard {
namespace {

constexpr double kLeastSeconds = 1e-12;  // a picosecond: no kernel is cut for less

const char* layer_name(LayerKind kind) {
  return kind == LayerKind::dense ? "dense" : kind == LayerKind::expert ? "expert" : "head";
}

class ScriptWriter {
 public:
  ScriptWriter(const Scenario& scenario, const LayerWork& work, LayerKind kind, ScriptPass pass,
               bool weights_apart)
      : scenario_(scenario),
        work_(work),
        kind_(kind),
        pass_(pass),
        weights_apart_(weights_apart),
        times_(scenario.system, scenario.software, scenario.training.format),
        whole_(layer_time(scenario, times_, work)) {}

  Script write() {
    fill_kernels();
    if (pass_ != ScriptPass::weights) {
      exchange();
      const StepShares& shares = pass_ == ScriptPass::forward ? whole_.forward : whole_.backward;
      take(kernels_s_);
      if (shares.launch_s > 0) {
        ScriptItem wait;
        wait.on_host = true;
        wait.name = "the host launches kernels";
        wait.seconds = shares.launch_s;
        add(std::move(wait));
      }
    }
    take(kernels_s_);
    return std::move(script_);
  }

 private:
  void kernel(const Operator& op, const char* what, double seconds, double flop, double bytes) {
    ScriptItem made;
    made.name = std::string(layer_name(kind_)) + " " + what + ": " + op.name;
    made.seconds = seconds;
    made.operations = flop;
    made.bytes = bytes;
    kernels_s_ += seconds;
    kernels_.push_back(std::move(made));
  }

  void fill_kernels() {
    const std::vector<Operator>& operators = work_.operators;
    if (pass_ == ScriptPass::forward) {
      for (const Operator& op : operators) {
        kernel(op, "forward", times_.forward_s(op), op.flop, op.bytes);
      }
      return;
    }
    // The loss is made once.
    for (const Operator& op : operators) {
      if (pass_ == ScriptPass::backward && kind_ != LayerKind::head &&
          computed_again(scenario_, op)) {
        kernel(op, "again", times_.forward_s(op), op.flop, op.bytes);
      }
    }
    for (auto op = operators.rbegin(); op != operators.rend(); ++op) {
      const double flop = op->flop * op->backward_flop, bytes = op->bytes * op->backward_bytes;
      const double seconds = times_.backward_s(*op);
      if (!op->has_weights || op->frozen) {
        if (pass_ == ScriptPass::backward) kernel(*op, "backward", seconds, flop, bytes);
        continue;
      }
      if (pass_ == ScriptPass::backward) {
        kernel(*op, "inputs' gradient", seconds / 2, flop / 2, bytes / 2);
      }
      if ((pass_ == ScriptPass::weights) == weights_apart_) {
        kernel(*op, "weights' gradient", seconds / 2, flop / 2, bytes / 2);
      }
    }
  }

  void add(ScriptItem item) {
    item.joins = join_next_;
    join_next_ = false;
    script_.push_back(std::move(item));
  }

  // The next `seconds` of kernels; where the last is `whole`, it is not cut but comes later.
  void take(double seconds, bool whole = false) {
    while (!kernels_.empty() && seconds > kLeastSeconds) {
      ScriptItem& next = kernels_.front();
      if (next.seconds <= seconds + kLeastSeconds) {
        seconds -= next.seconds;
        kernels_s_ -= next.seconds;
        add(std::move(next));
        kernels_.pop_front();
        continue;
      }
      if (whole) return;
      ScriptItem part = next;
      const double share = seconds / next.seconds;
      part.seconds = seconds;
      part.operations *= share;
      part.bytes *= share;
      next.seconds -= part.seconds;
      next.operations -= part.operations;
      next.bytes -= part.bytes;
      kernels_s_ -= seconds;
      add(std::move(part));
      return;
    }
  }

  struct Planned {
    ScriptItem item;
    double hidden_s = 0;
  };

  std::vector<Planned> plan_collectives() const {
    const bool forward = pass_ == ScriptPass::forward;
    const double beside_s = compute_s(forward ? whole_.forward : whole_.backward);
    std::vector<Planned> planned;
    for (const LayerExchange& exchange : layer_exchanges(scenario_, work_, forward, beside_s)) {
      for (const ExchangePiece& piece : exchange.pieces) {
        if (piece.cost.seconds <= 0) continue;
        ScriptItem item;
        item.kind = TraceNodeKind::collective;
        item.name = std::string(layer_name(kind_)) + (forward ? " forward: " : " backward: ") +
                    exchange.name;
        item.seconds = piece.cost.seconds;
        item.collective = chakra_collective(piece.kind);
        item.bytes = chakra_comm_size(scenario_.system, exchange.group, piece, exchange.dispatch);
        item.group = exchange.group;
        const double hidden_s = exchange.hidden_s * piece.cost.seconds / exchange.seconds;
        for (int i = 0; i < static_cast<int>(piece.times); ++i) planned.push_back({item, hidden_s});
      }
    }
    return planned;
  }

  // Spread over the pass, each with its window behind it, as far as the kernels reach.
  void exchange() {
    std::vector<Planned> planned = plan_collectives();
    const double all_s = kernels_s_;
    double windows_s = 0;
    for (const Planned& next : planned) windows_s += next.hidden_s;
    for (std::size_t i = 0; i < planned.size(); ++i) {
      Planned& next = planned[i];
      const double done_s = all_s - kernels_s_;
      const double wanted_s = std::min(
          all_s * static_cast<double>(i) / static_cast<double>(planned.size()), all_s - windows_s);
      if (wanted_s > done_s) take(wanted_s - done_s, true);
      windows_s -= next.hidden_s;
      next.item.beside = next.hidden_s > kLeastSeconds;
      const bool beside = next.item.beside;
      add(std::move(next.item));
      if (!beside) continue;
      take(next.hidden_s);
      join_next_ = true;
    }
  }

  const Scenario& scenario_;
  const LayerWork& work_;
  const LayerKind kind_;
  const ScriptPass pass_;
  const bool weights_apart_;
  const OperatorTimes times_;
  const LayerTime whole_;
  std::deque<ScriptItem> kernels_;
  double kernels_s_ = 0;
  bool join_next_ = false;
  Script script_;
};

}  // namespace

Script layer_script(const Scenario& scenario, const LayerWork& work, LayerKind kind,
                    ScriptPass pass, bool weights_apart) {
  return ScriptWriter(scenario, work, kind, pass, weights_apart).write();
}

double chakra_comm_size(const System& system, const GroupShape& group, const ExchangePiece& piece,
                        bool dispatch) {
  if (piece.kind == Collective::all_gather) return piece.bytes / group.size;
  if (!dispatch) return piece.bytes;
  constexpr double kProbeBytes = 1e9;
  const CollectiveCost probe =
      collective_cost(system, lay_group(system, group), Collective::all_to_all, kProbeBytes);
  return std::max(0.0, (piece.cost.seconds - probe.latency_s) / (probe.seconds - probe.latency_s) *
                           kProbeBytes);
}

TraceCollective chakra_collective(Collective kind) {
  switch (kind) {
    case Collective::all_reduce:
      return TraceCollective::all_reduce;
    case Collective::reduce_scatter:
      return TraceCollective::reduce_scatter;
    case Collective::all_gather:
      return TraceCollective::all_gather;
    case Collective::all_to_all:
      return TraceCollective::all_to_all;
    case Collective::send:
      break;
  }
  throw Fault(FaultKind::internal, "a send is no collective");
}

}  // namespace trainyard
