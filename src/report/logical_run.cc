// SPDX-License-Identifier: Apache-2.0
#include "report/logical_run.h"

#include <fmt/format.h>

#include "report/hash.h"
#include "report/names.h"
#include "report/quantity.h"
#include "report/run_json.h"
#include "report/text_summary.h"
#include "report/trace.h"

namespace trainyard {

double LogicalRun::joules() const {
  std::int64_t fj = 0;
  for (const RunResult& core : cores) fj += core.energy.fj;
  return static_cast<double>(fj) * 1e-15;
}

std::size_t LogicalRun::instructions() const {
  std::size_t sum = 0;
  for (const RunResult& core : cores) sum += core.program.stream.size();
  return sum;
}

std::uint64_t LogicalRun::hash() const {
  if (cores.size() == 1) return cores.front().hash;
  Hash all;
  for (const RunResult& core : cores) all.add(core.hash);
  return all.value();
}

namespace {

std::string who(const RunResult& one) {
  const std::string cores =
      one.cores == 1 ? "one NeuronCore" : fmt::format("{} NeuronCores as one", one.cores);
  return one.ranks == 1 ? cores : fmt::format("{} ranks, {} each", one.ranks, cores);
}

}  // namespace

std::string text_summary(const LogicalRun& run, bool verbose) {
  const RunResult& first = run.cores.front();
  if (run.cores.size() == 1) return text_summary(first, verbose);
  std::string text = fmt::format(
      "{} on {} ({}, {}): {}, {} (+-{} %)\n", first.kernel.empty() ? "kernel" : first.kernel,
      first.machine.name, generation_name(first.machine.generation), who(first),
      time_text(run.total()), quantity(run.joules(), "J"), kEnergyErrorPercent);
  for (const RunResult& core : run.cores) {
    if (core.rank == 0 || verbose) text += text_summary(core, verbose);
  }
  return text;
}

std::string run_json(const LogicalRun& run, const std::function<void(JsonWriter&)>& add) {
  const RunResult& first = run.cores.front();
  JsonWriter json;
  if (run.cores.size() == 1) {
    write_json(first, json, add);
    return json.text();
  }
  json.begin_object();
  json.field("schema", kRunSchema);
  json.field("kernel", first.kernel);
  json.field("hash", hash_text(run.hash()));
  json.field("time_us", run.total().us());
  json.field("energy_j", run.joules());
  json.field("instructions", run.instructions());
  json.key("cores");
  json.begin_array();
  for (const RunResult& core : run.cores) write_json(core, json);
  json.end_array();
  if (add) add(json);
  json.end_object();
  return json.text();
}

void write_trace(const LogicalRun& run, const std::string& path) {
  TraceStream out(path);
  for (const RunResult& core : run.cores) write_trace(core, out);
  out.close();
}

}  // namespace trainyard
