// SPDX-License-Identifier: Apache-2.0
#include "cluster/scenario.h"

#include <filesystem>

#include <fmt/format.h>

#include "base/table_reader.h"
#include "cluster/reliability_terms.h"
#include "cluster/run_cost.h"
#include "machine/search_path.h"

namespace trainyard {
namespace {

const std::vector<std::string> kSchedules = {"gpipe", "1f1b", "interleaved", "zero-bubble",
                                             "dualpipe"};
const std::vector<std::string> kRecomputes = {"none", "selective", "full"};
const std::vector<std::string> kFormats = {"fp32", "bf16", "fp8", "mxfp8", "nvfp4"};
const std::vector<std::string> kAttentions = {"flash", "unfused"};

Plan read_plan(TableReader& table, std::int64_t ranks) {
  Plan plan;
  plan.tensor = table.count("tensor", 1);
  plan.context = table.count("context", 1);
  plan.pipeline = table.count("pipeline", 1);
  plan.expert = table.count("expert", 1);
  const std::int64_t inner = plan.tensor * plan.context * plan.pipeline;
  if (inner > ranks || ranks % inner != 0) {
    throw table.fault("tensor",
                      fmt::format("tensor x context x pipeline = {} x {} x {} does not divide the "
                                  "{} ranks",
                                  plan.tensor, plan.context, plan.pipeline, ranks),
                      "change a degree, or the number of chips");
  }
  plan.data = table.count("data", ranks / inner);
  plan.virtual_stages = table.count("virtual_stages", 1);
  plan.micro_batch = table.count("micro_batch", 1);
  plan.zero = table.count("zero", 1, 0);
  plan.sequence_parallel = table.truth("sequence_parallel", true);
  plan.schedule = table.choice_of<ScheduleKind>("schedule", kSchedules,
                                                plan.virtual_stages > 1 ? "interleaved" : "1f1b");
  if (plan.schedule == ScheduleKind::dual_pipe) plan.virtual_stages = 2;
  plan.recompute = table.choice_of<Recompute>("recompute", kRecomputes, "none");
  table.finish();
  return plan;
}

Training read_training(TableReader& table) {
  Training training;
  training.sequence = table.count("sequence");
  training.global_batch = table.count("global_batch");
  training.format = read_format(table);
  training.attention = table.choice_of<AttentionKind>("attention", kAttentions, "flash");
  training.gradient_bytes = table.number("gradient_bytes", 1, 4, 4);
  training.expert_imbalance = table.number("expert_imbalance", 1, 1000, 1);
  training.dispatch_in_fp8 = table.truth("dispatch_in_fp8", false);
  table.finish();
  return training;
}

Adapters read_adapters(TableReader& table, const Model& model) {
  Adapters adapters;
  adapters.rank = table.count("rank");
  const std::string on = table.choice("on", {"attention", "feed-forward", "all"}, "attention");
  adapters.on_attention = on != "feed-forward";
  adapters.on_feed_forward = on != "attention";
  if (adapters.rank > model.hidden) {
    throw table.fault("rank",
                      fmt::format("adapters of rank {} are not low-rank in a model {} wide",
                                  adapters.rank, model.hidden),
                      "a rank of at most hidden");
  }
  if (adapters.on_feed_forward && model.has_experts()) {
    throw table.fault("on", "adapters of experts are not modelled", "on = \"attention\"");
  }
  if (adapters.on_attention && model.latent()) {
    throw table.fault("on", "adapters of latent attention are not modelled",
                      "on = \"feed-forward\", where the model is dense");
  }
  table.finish();
  return adapters;
}

Software read_software(TableReader& table) {
  Software software;
  software.matmul_efficiency = table.number("matmul_efficiency", 0.01, 1.5, 1);
  software.memory_efficiency = table.number("memory_efficiency", 0.01, 1.5, 1);
  software.attention_efficiency = table.number("attention_efficiency", 0.01, 1.5, 1);
  software.kernel_launch_us = table.number("kernel_launch_us", 0, 1e6, 0);
  software.expert_efficiency = table.number("expert_efficiency", 0.01, 1.5, 1);
  software.exchange_overlap = table.number("exchange_overlap", 0, 1, 0);
  software.data_overlap = table.number("data_overlap", 0, 1, 0);
  software.step_overhead_ms = table.number("step_overhead_ms", 0, 1e9, 0);
  return software;
}

// machines/software/NAME.toml, or by path.
Software load_software(const std::string& name, const std::string& from_file) {
  const std::string path = find_in_folder("software", "software profile", name, from_file);
  const Document document = read_document(path);
  TableReader table(document);
  table.words("title");
  table.words("source");
  Software software = read_software(table);
  table.finish();
  software.name = std::filesystem::path(path).stem().string();
  return software;
}

void note_lines(const TableReader& table, const std::string& name, Scenario& scenario) {
  scenario.lines[name] = table.line("");
  for (const std::string& key : table.keys()) scenario.lines[name + "." + key] = table.line(key);
}

Fault plan_fault(const Scenario& scenario, const char* key, std::string rule, std::string hint) {
  Fault fault(FaultKind::usage, std::move(rule), std::move(hint));
  fault.at(scenario.place(key)).in(key);
  return fault;
}

}  // namespace

std::string schedule_name(ScheduleKind kind) {
  return kSchedules[static_cast<std::size_t>(kind)];
}
std::string recompute_name(Recompute recompute) {
  return kRecomputes[static_cast<std::size_t>(recompute)];
}
const std::vector<std::string>& format_names() {
  return kFormats;
}
std::string format_name(NumberFormat format) {
  return kFormats[static_cast<std::size_t>(format)];
}

void check_plan(const Scenario& scenario) {
  const Plan& plan = scenario.plan;
  const auto fault = [&](const char* key, std::string rule, std::string hint) {
    return plan_fault(scenario, key, std::move(rule), std::move(hint));
  };
  if (plan.ranks() != scenario.ranks()) {
    throw fault("plan.data",
                fmt::format("tensor x context x pipeline x data = {} ranks, but {} chips have {}",
                            plan.ranks(), scenario.chips, scenario.ranks()),
                "leave data out: it follows from the others");
  }
  const std::int64_t batch = plan.data * plan.micro_batch;
  if (scenario.training.global_batch % batch != 0) {
    throw fault("training.global_batch",
                fmt::format("{} sequences do not go into {} replicas of micro-batches of {}",
                            scenario.training.global_batch, plan.data, plan.micro_batch),
                fmt::format("a multiple of {}", batch));
  }
  const std::int64_t stages = plan.pipeline * plan.virtual_stages;
  if (stages > scenario.model.layers + scenario.model.mtp_layers) {
    throw fault("plan.pipeline",
                fmt::format("{} layers do not fill {} stages", scenario.model.layers, stages),
                "every stage has at least one layer");
  }
  if (scenario.model.heads % plan.tensor != 0) {
    throw fault("plan.tensor",
                fmt::format("{} heads are not cut evenly by {}", scenario.model.heads, plan.tensor),
                "tensor divides heads");
  }
  if (scenario.training.sequence % plan.context != 0) {
    throw fault(
        "plan.context",
        fmt::format("{} tokens are not cut evenly by {}", scenario.training.sequence, plan.context),
        "context divides sequence");
  }
  const std::int64_t of_a_stage = plan.tensor * plan.context * plan.data;
  if (plan.expert > 1 && !scenario.model.has_experts()) {
    throw fault("plan.expert", "the model has no experts", "remove the key");
  }
  if (scenario.model.has_experts() &&
      (scenario.model.experts % plan.expert != 0 || of_a_stage % plan.expert != 0)) {
    throw fault("plan.expert",
                fmt::format("{} experts over {} of the {} ranks of a stage", scenario.model.experts,
                            plan.expert, of_a_stage),
                "expert divides both");
  }
  if (plan.zero > 3) throw fault("plan.zero", "ZeRO has stages 0 to 3", "set 0, 1, 2 or 3");
}

SourcePlace Scenario::place(const std::string& key) const {
  for (const std::string& name : {key, key.substr(0, key.find('.'))}) {
    if (const auto found = lines.find(name); found != lines.end()) return {file, found->second};
  }
  return {file, 1};
}

NumberFormat read_format(TableReader& table) {
  return table.choice_of<NumberFormat>("format", kFormats, "bf16");
}

Software read_software_terms(TableReader& table) {
  const Software software =
      table.has("profile")
          ? table.at_key("profile",
                         [&] { return load_software(table.words("profile"), table.file()); })
          : read_software(table);
  table.finish();
  return software;
}

Scenario read_unchecked_scenario(const Document& document) {
  Scenario scenario;
  scenario.file = document.file;
  TableReader root(document);
  scenario.title = root.words("title", std::filesystem::path(document.file).stem().string());
  TableReader system = root.table("system");
  scenario.system = read_system_and_chips(system, scenario.chips);
  TableReader model = root.table("model");
  scenario.model = read_model(model);
  TableReader training = root.table("training");
  note_lines(training, "training", scenario);
  scenario.training = read_training(training);
  if (root.has("adapters")) {
    TableReader adapters = root.table("adapters");
    scenario.training.adapters = read_adapters(adapters, scenario.model);
  }
  TableReader plan = root.table("plan");
  note_lines(plan, "plan", scenario);
  scenario.plan = read_plan(plan, scenario.ranks());
  TableReader software = root.table("software");
  scenario.software = read_software_terms(software);
  TableReader operators = root.table("operators");
  scenario.operators = read_operator_sources(operators, scenario.system);
  TableReader run = root.table("run");
  scenario.run = read_run(run);
  scenario.reliability = read_reliability_terms(root);
  TableReader faults = root.table("faults");
  note_lines(faults, "faults", scenario);
  scenario.faults = read_faults(faults, scenario.system, scenario.chips, scenario.plan);
  root.finish();
  return scenario;
}

Scenario read_scenario(const Document& document) {
  Scenario scenario = read_unchecked_scenario(document);
  check_plan(scenario);
  return scenario;
}

}  // namespace trainyard
