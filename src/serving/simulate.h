// SPDX-License-Identifier: Apache-2.0
// A whole run: requests are dealt to replicas, and what comes out is counted.
#pragma once

#include <string>
#include <vector>

#include "serving/kv_memory.h"
#include "serving/replica.h"
#include "serving/requests.h"
#include "serving/serving.h"

namespace trainyard {

struct TimeSpread {
  double mean = 0, p50 = 0, p90 = 0, p99 = 0;
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

std::string serving_text(const ServingScenario& scenario, const ServingReport& report);
std::string serving_json(const ServingScenario& scenario, const ServingReport& report);

}  // namespace trainyard
