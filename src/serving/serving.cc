// SPDX-License-Identifier: Apache-2.0
#include "serving/serving.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/table_reader.h"
#include "cluster/run_cost.h"
#include "machine/search_path.h"

namespace trainyard {
namespace {

const std::vector<std::string> kWeights = {"bf16", "fp8", "int8", "mxfp4", "nvfp4"};
const std::vector<std::string> kComputes = {"bf16", "fp8", "fp4"};
const std::vector<std::string> kBatchings = {"continuous", "whole"};
const std::vector<std::string> kRoutings = {"round-robin", "least-loaded"};

constexpr std::int64_t kLongest = 1 << 24;  // tokens of a sequence

// What products of such weights are done in, when the scenario does not say.
std::string usual_compute(WeightFormat format) {
  return format == WeightFormat::fp8 ? "fp8" : format == WeightFormat::nvfp4 ? "fp4" : "bf16";
}

ServingOptions read_options(TableReader& table) {
  ServingOptions options;
  options.weights = table.choice_of<WeightFormat>("weights", kWeights, "bf16");
  options.expert_weights =
      table.choice_of<WeightFormat>("expert_weights", kWeights, weight_name(options.weights));
  options.compute =
      table.choice_of<ComputeFormat>("compute", kComputes, usual_compute(options.weights));
  options.expert_compute = table.choice_of<ComputeFormat>("expert_compute", kComputes,
                                                          usual_compute(options.expert_weights));
  options.kv_bytes = table.choice("kv", {"bf16", "fp8"}, "bf16") == "fp8" ? 1 : 2;
  options.batching = table.choice_of<Batching>("batching", kBatchings, "continuous");
  options.routing = table.choice_of<Routing>("routing", kRoutings, "round-robin");
  options.max_batch = table.count("max_batch", 256);
  options.max_tokens = table.count("max_tokens", 8192);
  options.page_tokens = table.count("page_tokens", 16);
  options.memory_share = table.number("memory_share", 0.01, 1, 0.9);
  options.reserve_output = table.truth("reserve_output", false);
  options.first_bucket = table.count("first_bucket", 0, 0);
  options.last_bucket = table.count("last_bucket", options.first_bucket > 0 ? kLongest : 0, 0);
  options.prefix_cache = table.truth("prefix_cache", false);
  options.prefix_tokens = table.count("prefix_tokens", 512);
  const auto most = [&](const char* key, std::int64_t value, std::int64_t limit) {
    if (value > limit) {
      throw table.fault(key, fmt::format("{} is beyond any replica", value),
                        fmt::format("at most {}", limit));
    }
  };
  most("max_batch", options.max_batch, 1 << 20);
  most("max_tokens", options.max_tokens, 1 << 24);
  most("page_tokens", options.page_tokens, 4096);
  most("last_bucket", options.last_bucket, kLongest);
  if (options.first_bucket > options.last_bucket) {
    throw table.fault(
        options.first_bucket > kLongest ? "first_bucket" : "last_bucket",
        fmt::format("buckets from {} to {} tokens", options.first_bucket, options.last_bucket),
        fmt::format("last_bucket is at least first_bucket, at most {}", kLongest));
  }
  if (options.first_bucket == 0 && options.last_bucket > 0) {
    throw table.fault("last_bucket", "a last bucket without a first", "give first_bucket too");
  }
  if (options.max_batch > options.max_tokens) {
    throw table.fault("max_tokens",
                      fmt::format("{} sequences of a batch get a token each, {} tokens are allowed",
                                  options.max_batch, options.max_tokens),
                      "max_tokens is at least max_batch");
  }
  if (options.prefix_tokens % options.page_tokens != 0) {
    throw table.fault("prefix_tokens", "hashed blocks are whole pages",
                      fmt::format("a multiple of {}", options.page_tokens));
  }
  table.finish();
  return options;
}

// Without `fits` no more than each degree by itself is asked for.
ServingPlan read_plan(TableReader& table, std::int64_t ranks, bool fits) {
  ServingPlan plan;
  plan.tensor = table.count("tensor", 1);
  plan.data = table.count("data", 1);
  plan.pipeline = table.count("pipeline", 1);
  plan.expert = table.count("expert", 1);
  plan.decode_replicas = table.count("decode_replicas", 0, 0);
  if (!fits) {
    plan.replicas = table.count("replicas", 1);
    table.finish();
    return plan;
  }
  for (const std::int64_t degree :
       {plan.tensor, plan.data, plan.pipeline, plan.expert, plan.decode_replicas}) {
    if (degree > ranks) {
      throw table.fault("", fmt::format("a degree of {}, but there are {} ranks", degree, ranks),
                        "fewer, or more chips");
    }
  }
  const std::int64_t left = ranks / plan.replica_ranks() - plan.decode_replicas;
  plan.replicas = table.count("replicas", std::max<std::int64_t>(1, left));
  if (plan.replicas > ranks || plan.ranks() != ranks) {
    throw table.fault(
        plan.decode_replicas > 0 ? "decode_replicas" : "tensor",
        fmt::format("replicas of tensor x data x pipeline = {} ranks do not fill {} ranks",
                    plan.replica_ranks(), ranks),
        "leave replicas out: it follows from the others");
  }
  table.finish();
  return plan;
}

ServingSoftware read_software(TableReader& table) {
  ServingSoftware software;
  software.matmul_efficiency = table.number("matmul_efficiency", 0.01, 1.5, 1);
  software.memory_efficiency = table.number("memory_efficiency", 0.01, 1.5, 1);
  software.attention_efficiency = table.number("attention_efficiency", 0.01, 1.5, 1);
  software.expert_efficiency = table.number("expert_efficiency", 0.01, 1.5, 1);
  software.elementwise_efficiency = table.number("elementwise_efficiency", 0.01, 1.5, 1);
  software.kernel_us = table.number("kernel_us", 0, 1e6, 0);
  software.exchange_overlap = table.number("exchange_overlap", 0, 1, 0);
  software.iteration_overhead_ms = table.number("iteration_overhead_ms", 0, 1e6, 0);
  software.sequence_overhead_us = table.number("sequence_overhead_us", 0, 1e6, 0);
  software.score_passes = table.number("score_passes", 0, 1000, 0);
  return software;
}

// machines/software/serving/NAME.toml, or by path.
ServingSoftware load_software(const std::string& name, const std::string& from_file) {
  const std::string path = find_in_folder("software/serving", "serving profile", name, from_file);
  const Document document = read_document(path);
  TableReader table(document);
  table.words("title");
  table.words("source");
  ServingSoftware software = read_software(table);
  table.finish();
  software.name = std::filesystem::path(path).stem().string();
  return software;
}

RequestSource read_requests(TableReader& table) {
  RequestSource source;
  if (table.has("trace")) {
    source.trace = table.words("trace");
    table.finish();
    return source;
  }
  source.count = table.count("count", 1000);
  source.seed = static_cast<std::uint64_t>(table.count("seed", 1, 0));
  source.per_s = table.number("per_s", 0, 1e9, 0.0);
  source.arrival_cv = table.number("arrival_cv", 0, 100, 1.0);
  source.input_mean = table.number("input_mean", 1, 1e7);
  source.input_cv = table.number("input_cv", 0, 100, 0.0);
  source.output_mean = table.number("output_mean", 1, 1e7);
  source.output_cv = table.number("output_cv", 0, 100, 0.0);
  source.max_length = table.count("max_length", 0, 0);
  if (source.count > 100000000) {
    throw table.fault("count", fmt::format("{} requests are too many", source.count),
                      "at most 100,000,000");
  }
  table.finish();
  return source;
}

}  // namespace

std::int64_t bucket_of(const ServingOptions& options, std::int64_t tokens) {
  if (options.first_bucket == 0) return tokens;
  std::int64_t bucket = options.first_bucket;
  while (bucket < tokens) bucket *= 2;
  return std::max(tokens, std::min(bucket, options.last_bucket));
}

double bytes_of(WeightFormat format) {
  switch (format) {
    case WeightFormat::bf16:
      return 2;
    case WeightFormat::fp8:
    case WeightFormat::int8:
      return 1;
    case WeightFormat::mxfp4:
      return 0.5 + 1.0 / 32;  // a scale of 8 bits for 32
    case WeightFormat::nvfp4:
      break;
  }
  return 0.5 + 1.0 / 16;  // a scale of 8 bits for 16
}

std::string weight_name(WeightFormat format) {
  return kWeights[static_cast<std::size_t>(format)];
}

bool is_serving(const Document& document) {
  return document.root.find("serving") != nullptr;
}

void check_serving(const ServingScenario& scenario, const Fault& where) {
  const auto wrong = [&](std::string rule, std::string hint) {
    Fault fault(FaultKind::usage, std::move(rule), std::move(hint));
    fault.at(where.place()).in(where.instruction());
    return fault;
  };
  const Model& model = scenario.model;
  const ServingPlan& plan = scenario.plan;
  if (model.heads % plan.tensor != 0) {
    throw wrong(fmt::format("{} heads are not cut evenly by {}", model.heads, plan.tensor),
                "plan.tensor divides heads");
  }
  if (plan.pipeline > model.layers) {
    throw wrong(fmt::format("{} layers do not fill {} stages", model.layers, plan.pipeline),
                "every stage has at least one layer");
  }
  if (plan.expert > 1 && !model.has_experts()) {
    throw wrong("the model has no experts", "remove plan.expert");
  }
  if (model.has_experts() &&
      (model.experts % plan.expert != 0 || plan.tensor * plan.data % plan.expert != 0)) {
    throw wrong(fmt::format("{} experts over {} of the {} ranks of a stage", model.experts,
                            plan.expert, plan.tensor * plan.data),
                "plan.expert divides both");
  }
  if (model.encoder) throw wrong("a model that reads both ways gives no tokens", "a decoder");
}

namespace {

ServingScenario read(const Document& document, bool fits) {
  ServingScenario scenario;
  scenario.file = document.file;
  TableReader root(document);
  scenario.title = root.words("title", std::filesystem::path(document.file).stem().string());
  TableReader system = root.table("system");
  scenario.system = read_system_and_chips(system, scenario.chips);
  TableReader model = root.table("model");
  scenario.model = read_model(model);
  TableReader options = root.table("serving");
  scenario.options = read_options(options);
  TableReader plan = root.table("plan");
  scenario.plan = read_plan(plan, scenario.ranks(), fits);
  if (fits) check_serving(scenario, plan.fault("", ""));
  TableReader software = root.table("software");
  scenario.software =
      software.has("profile")
          ? software.at_key("profile",
                            [&] { return load_software(software.words("profile"), document.file); })
          : read_software(software);
  if (scenario.software.score_passes > 0 && scenario.system.chip.vector_hz == 0) {
    throw software.fault(
        software.has("profile") ? "profile" : "score_passes",
        fmt::format("passes over scores are VectorE's, which {} has not", scenario.system.name),
        "a profile of a framework for these chips");
  }
  software.finish();
  TableReader requests = root.table("requests");
  scenario.requests = read_requests(requests);
  TableReader run = root.table("run");
  scenario.run = read_run(run);
  root.finish();
  return scenario;
}

}  // namespace

ServingScenario read_serving(const Document& document) {
  return read(document, true);
}

ServingScenario read_serving_values(const Document& document) {
  return read(document, false);
}

}  // namespace trainyard
