// SPDX-License-Identifier: Apache-2.0
#include "serving/simulate.h"

#include <cmath>
#include <random>

#include <gtest/gtest.h>

#include "base/counter_random.h"
#include "seed.h"
#include "serving_fixture.h"

namespace trainyard {
namespace {

TEST(Serving, OneRequestTakesItsPromptAndThenAnIterationAToken) {
  const ServingScenario scenario = serving_of(kServing);
  const ServingReport report = serve(scenario, alike(1, 0, 1000, 101));
  IterationTimes times(scenario);
  IterationWork prompt;
  prompt.tokens = 1000;
  prompt.rows = 1;
  prompt.prompt_pairs = 1000 * 1001 / 2;
  prompt.prompt_keys = 1000;
  EXPECT_NEAR(report.ttft_s.mean, times.of(prompt).seconds(), 1e-12);
  double decode_s = 0;
  for (int i = 1; i <= 100; ++i) {
    IterationWork token;
    token.tokens = token.rows = 1;
    token.decode_keys = 1000 + i;
    decode_s += times.of(token).seconds();
  }
  EXPECT_NEAR(report.tpot_s.mean, decode_s / 100, 1e-9 * decode_s);
}

TEST(Serving, AChunkedPromptTakesLongerThanAWholeOne) {
  const ServingScenario scenario = serving_of(kServing);
  const ServingScenario chunked =
      serving_of(changed(kServing, "max_tokens = 2048", "max_tokens = 256"));
  EXPECT_LT(serve(scenario, alike(1, 0, 2048, 2)).ttft_s.mean,
            serve(chunked, alike(1, 0, 2048, 2)).ttft_s.mean);
}

// Batches of one, one token each: a queue with Poisson's arrivals and one service time, M/D/1.
TEST(Serving, ABatchOfOneIsAQueueOfEqualServices) {
  const ServingScenario scenario = serving_of(changed(kServing, "max_batch = 64", "max_batch = 1"));
  const double service_s = serve(scenario, alike(1, 0, 500, 1)).latency_s.mean;
  for (const double load : {0.3, 0.6, 0.8}) {
    std::vector<Request> requests = alike(200000, 0, 500, 1);
    double now_s = 0;
    for (std::size_t i = 0; i < requests.size(); ++i) {
      CounterRandom random(7, 1, i);
      now_s += random.exponential() * service_s / load;
      requests[i].arrival_s = now_s;
    }
    const ServingReport report = serve(scenario, std::move(requests));
    const double wait_s = load / (2 * (1 - load)) * service_s;
    EXPECT_NEAR(report.latency_s.mean - service_s, wait_s, 0.04 * wait_s) << load;
    EXPECT_NEAR(report.utilisation, load, 0.02);
  }
}

// Iteration by iteration, without jumps, gives the same times.
TEST(Serving, ArrivalsThatChangeNothingDoNotMoveAToken) {
  const ServingScenario scenario = serving_of(changed(kServing, "max_batch = 64", "max_batch = 2"));
  std::vector<Request> requests = alike(2, 0, 300, 400);
  const std::vector<RequestOutcome> alone = serve_requests(scenario, requests);
  for (int i = 0; i < 300; ++i) {
    Request late;
    late.arrival_s = alone[0].finish_s * i / 300;
    late.input = 100;
    late.output = 5;
    requests.push_back(late);
  }
  const std::vector<RequestOutcome> outcomes = serve_requests(scenario, requests);
  for (int i = 0; i < 2; ++i) {
    EXPECT_NEAR(outcomes[i].first_s, alone[i].first_s, 1e-12);
    EXPECT_NEAR(outcomes[i].finish_s, alone[i].finish_s, 1e-9 * alone[i].finish_s);
  }
}

TEST(Serving, EveryTokenComesOutOnceWhateverThePolicy) {
  std::mt19937_64 random(test::printed_seed());
  const char* const kPolicies[] = {"", "batching = \"whole\"\n", "routing = \"least-loaded\"\n",
                                   "prefix_cache = true\nprefix_tokens = 64\n",
                                   "page_tokens = 7\nprefix_tokens = 7\n"};
  for (int round = 0; round < 60; ++round) {
    std::string text =
        changed(kServing, "[serving]\n", std::string("[serving]\n") + kPolicies[random() % 5]);
    text = changed(text, "tensor = 8",
                   random() % 2 == 0   ? "tensor = 8"
                   : random() % 2 == 0 ? "tensor = 4\ndecode_replicas = 1"
                                       : "tensor = 4");
    if (random() % 3 == 0) {
      text =
          changed(text, "vocab = 128256\n", "vocab = 128256\nwindow = 128\nwindow_layers = 16\n");
    }
    ServingScenario scenario = serving_of(text);
    // So little room that sequences are preempted.
    const ServingMemory memory = serving_memory(scenario);
    const double needed = memory.fixed() + memory.kv_bytes_per_token * (2000 + random() % 20000);
    scenario.options.memory_share *= needed / memory.budget;
    std::vector<Request> requests(200);
    double now_s = 0;
    for (Request& request : requests) {
      now_s += static_cast<double>(random() % 1000) * 2e-5;
      request.arrival_s = now_s;
      request.input = 1 + static_cast<std::int64_t>(random() % 700);
      request.output = 1 + static_cast<std::int64_t>(random() % 300);
      const std::uint64_t family = random() % 3;
      for (std::uint64_t i = 0; i < 11; ++i) request.prefix.push_back(family * 100 + i);
    }
    const ServingReport report = serve(scenario, requests);  // checks that all tokens are there
    EXPECT_EQ(report.requests, 200);
    EXPECT_LE(report.kv_peak, 1.0);
    const std::vector<RequestOutcome> outcomes = serve_requests(scenario, requests);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      EXPECT_EQ(outcomes[i].tokens, requests[i].output);
      EXPECT_GT(outcomes[i].first_s, requests[i].arrival_s);
      EXPECT_GE(outcomes[i].finish_s, outcomes[i].first_s);
    }
    const std::vector<RequestOutcome> again = serve_requests(scenario, requests);
    for (std::size_t i = 0; i < requests.size(); ++i) {
      EXPECT_EQ(outcomes[i].finish_s, again[i].finish_s);
    }
  }
}

TEST(Serving, LittleRoomPreemptsAndCostsTime) {
  ServingScenario scenario = serving_of(kServing);
  const std::vector<Request> requests = alike(64, 0, 500, 400);
  const ServingReport wide = serve(scenario, requests);
  EXPECT_EQ(wide.preemptions, 0);
  const ServingMemory memory = serving_memory(scenario);
  scenario.options.memory_share *=
      (memory.fixed() + memory.kv_bytes_per_token * 34000) / memory.budget;
  const ServingReport narrow = serve(scenario, requests);
  EXPECT_GT(narrow.preemptions, 0);
  EXPECT_GT(narrow.latency_s.mean, wide.latency_s.mean);
}

TEST(Serving, WithRoomKeptForAllTokensToComeNoneGivesWay) {
  ServingScenario scenario =
      serving_of(changed(kServing, "[serving]\n", "[serving]\nreserve_output = true\n"));
  const ServingMemory memory = serving_memory(scenario);
  scenario.options.memory_share *=
      (memory.fixed() + memory.kv_bytes_per_token * 34000) / memory.budget;
  const ServingReport report = serve(scenario, alike(64, 0, 500, 400));
  EXPECT_EQ(report.preemptions, 0);
  // A request keeps 57 pages of 16 tokens.
  const auto most = static_cast<double>(serving_memory(scenario).pages / 57);
  EXPECT_LE(report.mean_batch, most);
  EXPECT_GT(report.mean_batch, most / 2);
}

TEST(Serving, SlowElementwiseKernelsCostTimeAndProductsInEightBitsRoundTheirInputs) {
  const std::string slow = std::string(kServing) + "[software]\nelementwise_efficiency = 0.5\n";
  const ServingScenario at_full = serving_of(kServing), at_half = serving_of(slow);
  IterationTimes fast_times(at_full), slow_times(at_half);
  EXPECT_GT(slow_times.dense(2048, 1).seconds(), fast_times.dense(2048, 1).seconds());
  const ServingScenario narrow =
      serving_of(changed(kServing, "[serving]\n", "[serving]\ncompute = \"fp8\"\n"));
  EXPECT_EQ(forward_work(narrow, LayerKind::dense, 8).operators.size(),
            forward_work(at_full, LayerKind::dense, 8).operators.size() + 1);
}

TEST(Serving, WhatIsInThePrefixCacheIsNotComputed) {
  const std::string text =
      changed(kServing, "[serving]\n", "[serving]\nprefix_cache = true\nprefix_tokens = 64\n");
  std::vector<Request> requests = alike(10, 100, 650, 10);
  for (Request& request : requests) {
    for (std::uint64_t i = 0; i < 10; ++i) request.prefix.push_back(i);
  }
  const ServingReport report = serve(serving_of(text), requests);
  EXPECT_EQ(report.cached_tokens, 9 * 640);
  EXPECT_EQ(serve(serving_of(kServing), requests).cached_tokens, 0);
}

TEST(Serving, PrefillAndDecodeApartPayForTheTransfer) {
  const ServingScenario apart =
      serving_of(changed(kServing, "tensor = 8", "tensor = 4\ndecode_replicas = 1"));
  const ServingScenario together = serving_of(changed(kServing, "tensor = 8", "tensor = 4"));
  const std::vector<Request> one = alike(1, 0, 1000, 50);
  IterationTimes times(apart);
  EXPECT_NEAR(serve(apart, one).latency_s.mean - serve(together, one).latency_s.mean,
              times.transfer_s(1000), 1e-9);
}

TEST(Serving, DistinctExpertsAreThoseThatADrawFinds) {
  std::mt19937_64 random(test::printed_seed());
  const int experts = 32, tokens = 20, rounds = 4000;
  double found = 0;
  for (int round = 0; round < rounds; ++round) {
    std::vector<bool> hit(experts, false);
    for (int token = 0; token < tokens; ++token) {
      const int a = static_cast<int>(random() % experts);
      const int b = (a + 1 + static_cast<int>(random() % (experts - 1))) % experts;
      hit[a] = hit[b] = true;
    }
    for (const bool h : hit) found += h ? 1 : 0;
  }
  EXPECT_NEAR(distinct_experts(experts, 2, tokens), found / rounds, 0.15);
  EXPECT_EQ(distinct_experts(8, 8, 1), 8);
  EXPECT_NEAR(distinct_experts(128, 4, 1), 4, 1e-9);
}

TEST(Serving, WeightsAreReadOnceAnIteration) {
  const ServingScenario scenario = serving_of(kServing);
  IterationTimes times(scenario);
  const double weights_s =
      serving_memory(scenario).weights /
      (scenario.system.chip.hbm_bytes_per_s * scenario.system.chip.hbm_sustained /
       static_cast<double>(scenario.system.chip.ranks));
  EXPECT_GT(times.dense(1, 1).seconds(), 0.9 * weights_s);
  EXPECT_LT(times.dense(64, 64).seconds(), 3 * times.dense(1, 1).seconds());
}

TEST(Serving, SaysWhatAssumedNumbersDoToItAndInWhichInterval) {
  const ServingScenario scenario = serving_of(changed(kServing, "count = 2000", "count = 200"));
  const ServingAnswer answered = answer(scenario);
  ASSERT_EQ(answered.sensitivity.answers.size(), 5u);
  for (const AnswerRange& range : answered.sensitivity.answers) {
    EXPECT_LE(range.low, range.value) << range.name;
    EXPECT_GE(range.high, range.value) << range.name;
  }
  const AnswerRange& energy = answered.sensitivity.answers.back();
  EXPECT_EQ(energy.value, answered.report.joules_per_token);
  EXPECT_LT(energy.low, 0.95 * energy.value);  // no wattage is public
  EXPECT_GT(energy.high, 1.05 * energy.value);
  for (const MovedInput& input : answered.sensitivity.inputs) EXPECT_FALSE(input.why.empty());
  const ServingReport again = serve(scenario);
  EXPECT_EQ(again.latency_s.mean, answered.report.latency_s.mean);
}

TEST(Serving, SharesItsTimeAndJoulesOutWhole) {
  for (const char* decode : {"", "\ndecode_replicas = 1"}) {
    std::string text = changed(kServing, "chips = 2", "chips = 4");
    text = changed(text, "tensor = 8", std::string("tensor = 8") + decode);
    const ServingReport report = serve(serving_of(changed(text, "count = 2000", "count = 300")));
    double parts_s = 0, busy_s = 0;
    for (const auto& [name, seconds] : time_parts(report)) parts_s += seconds;
    EXPECT_NEAR(parts_s, 2 * report.seconds, 1e-9 * parts_s);  // two replicas
    for (const ServingPool& pool : report.pools) {
      for (const LoadTimeline::Load& load : pool.load.stretches()) busy_s += load.busy_s;
    }
    EXPECT_NEAR(busy_s, report.time.seconds(), 1e-9 * busy_s);
    EXPECT_EQ(report.energy.total_j(), report.joules);
    double waited_s = 0;
    for (const LoadTimeline::Load& load : report.waiting.stretches()) waited_s += load.sequence_s;
    EXPECT_NEAR(waited_s, report.ttft_s.mean * 300, 1e-9 * waited_s);
  }
}

}  // namespace
}  // namespace trainyard
