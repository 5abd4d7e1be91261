// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "serving/requests.h"
#include "serving_fixture.h"

namespace trainyard {
namespace {

std::string fault_of(const std::string& text) {
  try {
    parse_trace(text, "trace.csv");
  } catch (const Fault& fault) {
    return fault.message();
  }
  return "";
}

TEST(Trace, OursIsReadInTheOrderOfArrival) {
  const std::vector<Request> requests = parse_trace(
      "arrival_s,input_tokens,output_tokens,prefix\n12.5,100,20,1 2 3\n\n10.5,7,8\n", "t.csv");
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].arrival_s, 0);
  EXPECT_EQ(requests[0].input, 7);
  EXPECT_EQ(requests[1].arrival_s, 2);
  EXPECT_EQ(requests[1].output, 20);
  EXPECT_EQ(requests[1].prefix, (std::vector<std::uint64_t>{1, 2, 3}));
}

TEST(Trace, AzureHasTimesOfTheDay) {
  const std::vector<Request> requests = parse_trace(
      "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-12-31 23:59:59.5000000,4808,10\r\n"
      "2024-01-01 00:00:01.2500000,3180,8\n",
      "azure.csv");
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_NEAR(requests[1].arrival_s, 1.75, 1e-6);
  EXPECT_EQ(requests[1].input, 3180);
}

TEST(Trace, MooncakeHasLinesOfJson) {
  const std::vector<Request> requests = parse_trace(
      "{\"timestamp\": 27000, \"input_length\": 6955, \"output_length\": 52, \"hash_ids\": [46, "
      "47]}\n"
      "{\"timestamp\": 30000, \"input_length\": 5, \"output_length\": 1, \"hash_ids\": []}\n",
      "m.jsonl");
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[1].arrival_s, 3);
  EXPECT_EQ(requests[0].prefix, (std::vector<std::uint64_t>{46, 47}));
}

TEST(Trace, AWrongLineIsNamed) {
  const std::string head = "arrival_s,input_tokens,output_tokens\n1,2,3\n";
  const std::pair<std::string, std::string> kWrong[] = {
      {"", "trace.csv:1"},
      {"\n\n", "trace.csv:2"},
      {"a,b,c\n", "trace.csv:1"},
      {"arrival_s,input_tokens,output_tokens\n", "without a request"},
      {head + "1,2\n", "trace.csv:3"},
      {head + "1,2,3,4,5\n", "trace.csv:3"},
      {head + "1,2,3x\n", "trace.csv:3"},
      {head + "1,,3\n", "trace.csv:3"},
      {head + "1,0,3\n", "trace.csv:3"},
      {head + "1,2.5,3\n", "trace.csv:3"},
      {head + "-1,2,3\n", "trace.csv:3"},
      {head + "nan,2,3\n", "trace.csv:3"},
      {head + "1,2,1e300\n", "trace.csv:3"},
      {head + "1,2,3,7 x\n", "trace.csv:3"},
      {"TIMESTAMP,ContextTokens,GeneratedTokens\n2023-13-40 1:2:3,4,5\n", "trace.csv:2"},
      {"{\"timestamp\": 1}\n", "trace.csv:1"},
      {"{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 1}\n{\"times\n", "trace.csv:2"},
      {"{\"timestamp\": 1, \"input_length\": 5, \"output_length\": 1, \"hash_ids\": [\"a\"]}\n",
       "trace.csv:1"}};
  for (const auto& [text, words] : kWrong) {
    EXPECT_NE(fault_of(text).find(words), std::string::npos) << text << "\n" << fault_of(text);
  }
}

TEST(Requests, DrawsHaveTheirMeansAndTheirSeed) {
  RequestSource source;
  source.count = 100000;
  source.per_s = 50;
  source.input_mean = 800;
  source.input_cv = 1.5;
  source.output_mean = 300;
  source.arrival_cv = 2;
  const std::vector<Request> requests = draw_requests(source);
  double input = 0;
  for (const Request& request : requests) {
    input += static_cast<double>(request.input);
    EXPECT_EQ(request.output, 300);
  }
  EXPECT_NEAR(input / 1e5, 800, 20);
  EXPECT_NEAR(requests.back().arrival_s, 2000, 40);
  source.seed = 2;
  EXPECT_NE(draw_requests(source).back().arrival_s, requests.back().arrival_s);
}

struct Wrong {
  const char *from, *to, *words;
};

TEST(ServingScenario, EachWrongOneHasOneMessageWithItsLine) {
  const Wrong kWrong[] = {
      {"tensor = 8", "tensor = 3", "ranks do not fill"},
      {"tensor = 8", "tensor = 8000000", "ranks"},
      {"tensor = 8", "tensor = 8\nexpert = 2", "no experts"},
      {"tensor = 8", "tensor = 8\nreplicas = 3", "do not fill"},
      {"tensor = 8", "tensor = 8\ndecode_replicas = 1", "do not fill"},
      {"max_batch = 64", "max_batch = 0", "max_batch"},
      {"max_batch = 64", "max_batch = 4096", "max_tokens"},
      {"max_batch = 64", "max_bach = 64", "max_batch"},
      {"max_batch = 64", "kv = \"fp7\"", "fp8"},
      {"max_batch = 64", "max_batch = 64\nprefix_tokens = 100", "whole pages"},
      {"max_batch = 64", "max_batch = 64\nmemory_share = 2", "memory_share"},
      {"max_batch = 64", "max_batch = 64\nlast_bucket = 1024", "first_bucket"},
      {"max_batch = 64", "max_batch = 64\nfirst_bucket = 256\nlast_bucket = 128", "last_bucket"},
      {"max_batch = 64", "max_batch = 64\nfirst_bucket = 1000000000", "first_bucket"},
      {"[plan]", "[software]\nscore_passes = -1\n[plan]", "score_passes"},
      {"per_s = 10", "per_s = -1", "per_s"},
      {"per_s = 10", "per_s = 1e300", "per_s"},
      {"count = 2000", "count = 1e14", "count"},
      {"input_mean = 500", "input_mean = nan", "input_mean"},
      {"chips = 2", "chips = 2000000000", "chips"},
      {"[plan]", "[software]\nprofile = \"none such\"\n[plan]", "none such"},
      {"hidden = 4096", "hidden = -1", "hidden"},
  };
  for (const Wrong& wrong : kWrong) {
    try {
      serving_of(changed(kServing, wrong.from, wrong.to));
      ADD_FAILURE() << wrong.to;
    } catch (const Fault& fault) {
      EXPECT_EQ(fault.kind(), FaultKind::usage) << wrong.to;
      EXPECT_NE(fault.message().find(wrong.words), std::string::npos) << wrong.to << "\n"
                                                                      << fault.message();
      EXPECT_EQ(fault.message().rfind("serving.toml:", 0), 0u) << fault.message();
    }
  }
}

TEST(ServingScenario, AModelOrARequestThatDoesNotFitIsRefused) {
  const std::string text =
      changed(changed(kServing, "layers = 32", "layers = 200"), "hidden = 4096", "hidden = 16384");
  try {
    serve(serving_of(text));
    FAIL();
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::limit);
    EXPECT_NE(fault.message().find("does not fit"), std::string::npos);
  }
  try {
    serve(serving_of(kServing), alike(1, 0, 9000000, 5000000));
    FAIL();
  } catch (const Fault& fault) {
    EXPECT_NE(fault.message().find("request 1"), std::string::npos);
  }
}

TEST(ServingScenario, ATraceFileIsReadBesideTheScenario) {
  const std::string text = changed(kServing,
                                   "count = 2000\nper_s = 10\ninput_mean = 500\ninput_cv = "
                                   "1\noutput_mean = 100\noutput_cv = 1\n",
                                   "trace = \"none.csv\"\n");
  EXPECT_THROW(serve(serving_of(text)), Fault);
}

}  // namespace
}  // namespace trainyard
