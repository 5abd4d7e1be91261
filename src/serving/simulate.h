// SPDX-License-Identifier: Apache-2.0
// A whole run: requests are dealt to replicas, and what comes out is counted.
#pragma once

#include <string>
#include <vector>

#include "cluster/sensitivity.h"
#include "cluster/step_view.h"
#include "serving/kv_memory.h"
#include "serving/load_timeline.h"
#include "serving/replica.h"
#include "serving/requests.h"
#include "serving/serving.h"

namespace trainyard {

struct TimeSpread {
  // What so much of all does not exceed.
  struct Quantile {
    double share = 0, seconds = 0;
  };
  double mean = 0, p50 = 0, p90 = 0, p99 = 0;
  std::vector<Quantile> quantiles;  // from the least to the most
};

// Replicas that do the same over time.
struct ServingPool {
  ReplicaRole role = ReplicaRole::both;
  std::int64_t replicas = 0;
  LoadTimeline load;
};

struct ServingReport {
  std::int64_t requests = 0, input_tokens = 0, output_tokens = 0;
  double seconds = 0;  // from the first arrival to the last token
  // To the first token, per token after (one number a request), between two tokens, to the last.
  TimeSpread ttft_s, tpot_s, itl_s, latency_s;
  double requests_per_s = 0, output_tokens_per_s = 0, total_tokens_per_s = 0;
  double utilisation = 0;           // share of the time in which a replica computes
  double mean_batch = 0;            // sequences of a busy replica
  double kv_mean = 0, kv_peak = 0;  // share of the pages, while busy
  std::int64_t preemptions = 0, iterations = 0, cached_tokens = 0;
  ServingMemory memory;
  IterationCost time;  // of all replicas, while busy
  double idle_s = 0;   // of all replicas: nothing asks
  std::vector<ServingPool> pools;
  LoadTimeline waiting{0};                  // sequences: requests without a first token
  StepEnergy energy;                        // of the whole run, all chips
  double joules = 0, joules_per_token = 0;  // at the facility's meter, of an output token
  double usd = 0, usd_per_million_tokens = 0;
  double watts = 0;
};

// Throws Fault(limit) when the model or a request does not fit.
ServingReport serve(const ServingScenario& scenario, std::vector<Request> requests);
// As they are made by the scenario's [requests].
ServingReport serve(const ServingScenario& scenario);
// Every request's times, in the order of arrival.
std::vector<RequestOutcome> serve_requests(const ServingScenario& scenario,
                                           std::vector<Request> requests);

struct ServingAnswer {
  ServingReport report;
  // As shares of what the first `requests_moved` requests have.
  SensitivityReport sensitivity;
  std::int64_t requests_moved = 0;
};

// With what each assumed number of the system does to it.
ServingAnswer answer(const ServingScenario& scenario);

// A stretch of time of a pool.
struct PoolLoad {
  double from_s = 0;     // after the first arrival
  double busy = 0;       // share of its replicas
  double sequences = 0;  // in the batches of all its replicas
  double kv = 0;         // share of all its pages
};
std::vector<PoolLoad> loads_of(const ServingPool& pool, const ServingReport& report);
// Requests that have no token yet, as sequences.
std::vector<PoolLoad> waiting_of(const ServingReport& report);

const char* role_name(ReplicaRole role);  // "prefill and decode", "prefill", "decode"
// Where the replicas' time goes, by JSON key without its unit; the last is "idle".
Parts time_parts(const ServingReport& report);
std::string plan_words(const ServingScenario& scenario);  // "72 replicas of tensor 8 x ..."

std::string serving_text(const ServingScenario& scenario, const ServingAnswer& answer);
// Without the sensitivity where that was not asked for.
std::string serving_json(const ServingScenario& scenario, const ServingAnswer& answer);

}  // namespace trainyard
