// SPDX-License-Identifier: Apache-2.0
#include "serving/simulate.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <limits>
#include <numeric>

#include "base/fault.h"
#include "cluster/run_cost.h"

namespace trainyard {
namespace {

constexpr double kJoulesPerKwh = 3.6e6;
// Where distributions are told.
constexpr double kShares[] = {0,   0.01, 0.02, 0.05, 0.1,  0.2,  0.25, 0.3,   0.4,   0.5, 0.6,
                              0.7, 0.75, 0.8,  0.9,  0.95, 0.98, 0.99, 0.995, 0.999, 1};

class Run {
 public:
  Run(const ServingScenario& scenario, std::vector<Request> requests)
      : scenario_(scenario),
        memory_(serving_memory(scenario)),
        times_(scenario),
        table_(std::move(requests)) {
    if (table_.requests.size() >= std::numeric_limits<std::uint32_t>::max()) {
      throw Fault(FaultKind::limit, "more than four billion requests", "cut the trace");
    }
  }

  void run() {
    std::vector<std::uint32_t> order(table_.requests.size());
    std::iota(order.begin(), order.end(), 0);
    std::vector<double> ready(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) ready[i] = table_.requests[i].arrival_s;
    const ServingPlan& plan = scenario_.plan;
    if (plan.decode_replicas == 0) {
      run_pool(order, ready, plan.replicas, ReplicaRole::both);
      return;
    }
    run_pool(order, ready, plan.replicas, ReplicaRole::prefill);
    std::vector<std::uint32_t> going_on;
    for (const std::uint32_t i : order) {
      const Request& request = table_.requests[i];
      if (table_.outcomes[i].tokens == request.output) continue;
      ready[i] =
          table_.outcomes[i].finish_s + times_.transfer_s(static_cast<double>(request.input));
      going_on.push_back(i);
    }
    std::stable_sort(going_on.begin(), going_on.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return ready[a] < ready[b]; });
    run_pool(going_on, ready, plan.decode_replicas, ReplicaRole::decode);
  }

  const RequestTable& table() const { return table_; }
  const std::vector<ReplicaCounts>& counts() const { return counts_; }
  const std::vector<ServingPool>& pools() const { return pools_; }
  double begin_s() const { return table_.requests.empty() ? 0 : table_.requests[0].arrival_s; }
  const ServingMemory& memory() const { return memory_; }

 private:
  void run_pool(const std::vector<std::uint32_t>& order, const std::vector<double>& ready,
                std::int64_t count, ReplicaRole role) {
    pools_.push_back({role, count, LoadTimeline(begin_s())});
    LoadTimeline& load = pools_.back().load;
    std::deque<Replica> replicas;
    for (std::int64_t i = 0; i < count; ++i) {
      replicas.emplace_back(scenario_, times_, memory_, table_, role, load);
    }
    std::size_t next = 0;
    for (const std::uint32_t request : order) {
      if (scenario_.options.routing == Routing::least_loaded) {
        for (Replica& replica : replicas) replica.advance(ready[request]);
        next = 0;
        for (std::size_t i = 1; i < replicas.size(); ++i) {
          if (replicas[i].load() < replicas[next].load()) next = i;
        }
      } else {
        replicas[next].advance(ready[request]);
      }
      replicas[next].submit(request, ready[request]);
      next = (next + 1) % replicas.size();
    }
    for (Replica& replica : replicas) {
      replica.close();
      replica.advance(std::numeric_limits<double>::infinity());
      counts_.push_back(replica.counts());
    }
  }

  const ServingScenario& scenario_;
  const ServingMemory memory_;
  IterationTimes times_;
  RequestTable table_;
  std::vector<ReplicaCounts> counts_;
  std::vector<ServingPool> pools_;
};

// The smallest value that so much of all does not exceed.
double percentile(const std::vector<double>& sorted, double share) {
  return sorted[static_cast<std::size_t>(
      std::max(0.0, std::ceil(share * static_cast<double>(sorted.size())) - 1))];
}

TimeSpread spread_of(std::vector<double> values) {
  if (values.empty()) return {};
  TimeSpread spread;
  spread.mean =
      std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
  std::sort(values.begin(), values.end());
  spread.p50 = percentile(values, 0.5);
  spread.p90 = percentile(values, 0.9);
  spread.p99 = percentile(values, 0.99);
  for (const double share : kShares) spread.quantiles.push_back({share, percentile(values, share)});
  return spread;
}

void add_energy_and_money(const ServingScenario& scenario, double busy_s, ServingReport& report) {
  const SystemChip& chip = scenario.system.chip;
  const auto chips = static_cast<double>(scenario.chips);
  const double replica_chips =
      static_cast<double>(scenario.plan.replica_ranks()) / static_cast<double>(chip.ranks);
  report.energy.arithmetic_j = report.time.arithmetic_j;
  report.energy.hbm_j = report.time.hbm_j;
  report.energy.links_j = report.time.links_j;
  add_standing(scenario.system, chips * report.seconds, busy_s * replica_chips, report.energy);
  report.joules = report.energy.total_j();
  const auto tokens = static_cast<double>(report.output_tokens);
  report.joules_per_token = report.joules / tokens;
  report.watts = report.seconds > 0 ? report.joules / report.seconds : 0;
  report.usd = usd_of(scenario.run, chip, chips, report.seconds, report.joules / kJoulesPerKwh);
  report.usd_per_million_tokens = report.usd / tokens * 1e6;
}

}  // namespace

std::vector<RequestOutcome> serve_requests(const ServingScenario& scenario,
                                           std::vector<Request> requests) {
  Run run(scenario, std::move(requests));
  run.run();
  return run.table().outcomes;
}

ServingReport serve(const ServingScenario& scenario, std::vector<Request> requests) {
  if (requests.empty()) throw Fault(FaultKind::usage, "no request arrives", "requests.count");
  Run run(scenario, std::move(requests));
  run.run();
  ServingReport report;
  report.memory = run.memory();
  report.pools = run.pools();
  report.waiting = LoadTimeline(run.begin_s());
  std::vector<double> ttft, tpot, latency;
  const RequestTable& table = run.table();
  for (std::size_t i = 0; i < table.requests.size(); ++i) {
    const Request& request = table.requests[i];
    const RequestOutcome& outcome = table.outcomes[i];
    if (outcome.tokens != request.output) {
      throw Fault(FaultKind::internal, "a request did not get all of its tokens");
    }
    report.input_tokens += request.input;
    report.output_tokens += request.output;
    report.seconds = std::max(report.seconds, outcome.finish_s);
    ttft.push_back(outcome.first_s - request.arrival_s);
    report.waiting.add(request.arrival_s, ttft.back(), 1, 0);
    latency.push_back(outcome.finish_s - request.arrival_s);
    if (request.output > 1) {
      tpot.push_back((outcome.finish_s - outcome.first_s) /
                     static_cast<double>(request.output - 1));
    }
  }
  report.requests = static_cast<std::int64_t>(table.requests.size());
  report.seconds -= table.requests.front().arrival_s;
  report.ttft_s = spread_of(std::move(ttft));
  report.tpot_s = spread_of(std::move(tpot));
  report.latency_s = spread_of(std::move(latency));
  const TokenGaps& gaps = table.gaps;
  report.itl_s = {gaps.mean(), gaps.percentile(0.5), gaps.percentile(0.9), gaps.percentile(0.99)};
  if (report.seconds > 0) {
    report.requests_per_s = static_cast<double>(report.requests) / report.seconds;
    report.output_tokens_per_s = static_cast<double>(report.output_tokens) / report.seconds;
    report.total_tokens_per_s =
        static_cast<double>(report.output_tokens + report.input_tokens) / report.seconds;
  }
  double busy_s = 0, page_seconds = 0, batch_seconds = 0;
  for (const ReplicaCounts& counts : run.counts()) {
    busy_s += counts.busy_s;
    report.time.add(counts.spent);
    page_seconds += counts.page_seconds;
    batch_seconds += counts.batch_seconds;
    report.preemptions += counts.preemptions;
    report.iterations += counts.iterations;
    report.cached_tokens += counts.cached_tokens;
    report.kv_peak = std::max(report.kv_peak, static_cast<double>(counts.peak_pages) /
                                                  static_cast<double>(report.memory.pages));
  }
  const double all_s = report.seconds * static_cast<double>(run.counts().size());
  report.idle_s = std::max(0.0, all_s - busy_s);
  if (busy_s > 0) {
    report.utilisation = busy_s / all_s;
    report.mean_batch = batch_seconds / busy_s;
    report.kv_mean = page_seconds / busy_s / static_cast<double>(report.memory.pages);
  }
  add_energy_and_money(scenario, busy_s, report);
  return report;
}

ServingReport serve(const ServingScenario& scenario) {
  serving_memory(scenario);  // before anything else
  return serve(scenario, make_requests(scenario.requests, scenario.file));
}

}  // namespace trainyard
