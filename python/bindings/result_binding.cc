// SPDX-License-Identifier: Apache-2.0
// What a finished kernel call tells: text, JSON, trace, and the figures asked for most.
#include <nanobind/stl/string.h>

#include "bindings/session.h"
#include "program/common_values.h"
#include "program/hash.h"
#include "program/psum_operands.h"
#include "report/hash.h"
#include "report/logical_run.h"
#include "report/names.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

// Holds the sessions: the run refers to their programs and their machine.
struct Result {
  std::vector<std::shared_ptr<SessionState>> sessions;
  std::shared_ptr<const LogicalRun> run;
};

LogicalRun read(const std::vector<std::shared_ptr<SessionState>>& sessions, std::uint64_t values,
                const PassSet& passes) {
  std::vector<const Program*> programs;
  std::vector<const NeuronCore*> cores;
  for (const auto& session : sessions) {
    programs.push_back(&session->builder.program());
    cores.push_back(&session->core);
  }
  return {read_together(programs, cores, values, passes)};
}

}  // namespace

nb::object finish_sessions(std::vector<std::shared_ptr<SessionState>> sessions,
                           const std::vector<std::string>& without) {
  PassSet passes;
  for (const std::string& name : without) passes = passes.without(pass_named(name));
  SessionState& first = *sessions.front();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - first.started;
  std::uint64_t values = 0;
  for (const auto& session : sessions) {
    session->finished = true;
    const std::uint64_t of_core = hash_outputs(session->builder.program(), session->core);
    values = session == sessions.front() ? of_core : hash_run(values, of_core);
  }
  std::shared_ptr<LogicalRun> run;
  for (const auto& session : sessions) {
    Program& program = session->builder.program();
    if (first.run || !program.earlier_language) continue;
    const auto share = [&](Reach reach) {
      if (!passes.has(Pass::common_values)) return;
      session->core.renumber_reads(share_common_values(program, *session->machine, reach));
    };
    share(Reach::innermost_loop);
    if (passes.has(Pass::psum_operands)) {
      session->core.renumber_reads(read_from_psum(program, *session->machine));
    }
    share(Reach::program);
  }
  if (first.run) {
    // Of a replay: the same instructions take the same time, whatever they work on.
    run = std::make_shared<LogicalRun>(*first.run);
    for (RunResult& core : run->cores) core.hash = hash_run(core.reading_hash, values);
  } else {
    run = std::make_shared<LogicalRun>(read(sessions, values, passes));
    first.run = run;
  }
  for (RunResult& core : run->cores) core.wall_s = wall.count();
  return nb::cast(Result{std::move(sessions), std::move(run)});
}

// One tuple for each instruction of a core, in the order of its stream.
nb::list spans(const RunResult& core) {
  nb::list list;
  for (std::size_t i = 0; i < core.timeline.spans.size(); ++i) {
    const Span& span = core.timeline.spans[i];
    list.append(nb::make_tuple(std::string(instruction_name(core.program.stream[i])),
                               std::string(engine_key(span.engine)), span.start.ns(),
                               span.busy_end.ns(), span.end.ns()));
  }
  return list;
}

// One tuple for each DMA transfer of a core, by first packet; the index of the instruction is None
// for a spill.
nb::list transfers(const RunResult& core) {
  nb::list list;
  for (const Transfer& transfer : core.timeline.transfers) {
    const bool spill = transfer.instruction == kNoInstruction;
    list.append(nb::make_tuple(spill ? nb::none() : nb::object(nb::int_(transfer.instruction)),
                               transfer.first_packet.ns(), transfer.last_packet.ns(),
                               transfer.complete.ns(), transfer.bytes, transfer.descriptors,
                               transfer.engine_busy.ns(), transfer.packets, transfer.packet.ns(),
                               transfer.packet_hold.ns()));
  }
  return list;
}

// One tuple for each pass of the array.
nb::list array_passes(const RunResult& core) {
  nb::list list;
  for (const ArrayPass& pass : core.timeline.array_passes) {
    list.append(nb::make_tuple(pass.instruction, pass.load_start.ns(), pass.load_end.ns(),
                               pass.start.ns(), pass.busy_end.ns(), pass.end.ns()));
  }
  return list;
}

nb::list clock_phases(const RunResult& core) {
  nb::list list;
  for (const ClockPhase& phase : core.timeline.tensor_clock) {
    list.append(nb::make_tuple(phase.start.ns(), phase.share));
  }
  return list;
}

// Of a replay, that of the trace.
const Explanation& why_of(const Result& result) {
  std::shared_ptr<const Explanation>& why = result.sessions.front()->why;
  if (!why) why = std::make_shared<const Explanation>(explain(*result.run));
  return *why;
}

// (name, what it does) of each compiler pass, in the order in which they run.
nb::list passes() {
  nb::list list;
  for (int p = 0; p < kPassCount; ++p) {
    const PassInfo& info = pass_info(static_cast<Pass>(p));
    list.append(nb::make_tuple(std::string(info.name), std::string(info.does)));
  }
  return list;
}

void bind_result(nb::module_& module) {
  module.def("passes", passes);
  module.def("check_pass", [](const std::string& name) { pass_named(name); });
  nb::class_<Result>(module, "Result")
      .def(
          "text", [](const Result& r, bool verbose) { return text_summary(*r.run, verbose); },
          nb::arg("verbose") = false)
      .def("json",
           [](const Result& r) {
             const Explanation& why = why_of(r);
             return run_json(*r.run, [&](JsonWriter& json) { write_explanation(why, json); });
           })
      .def(
          "write_trace",
          [](const Result& r, const std::string& path) { write_trace(*r.run, path); },
          nb::arg("path"))
      .def("hash", [](const Result& r) { return hash_text(r.run->hash()); })
      .def_prop_ro(
          "program_hash",
          [](const Result& r) { return hash_text(program_hash(r.run->cores.front().program)); })
      .def_prop_ro("kernel", [](const Result& r) { return r.run->cores.front().kernel; })
      .def_prop_ro("time_us", [](const Result& r) { return r.run->total().us(); })
      .def_prop_ro("energy_j", [](const Result& r) { return r.run->joules(); })
      .def_prop_ro("instructions", [](const Result& r) { return r.run->instructions(); })
      // Of the first core: (instruction, engine, start_ns, busy_end_ns, end_ns).
      .def_prop_ro("spans", [](const Result& r) { return spans(r.run->cores.front()); })
      // (instruction's index, first_packet_ns, last_packet_ns, complete_ns, bytes, descriptors,
      // engine_busy_ns, packets, one packet's ns, the part of that which holds an engine)
      .def_prop_ro("transfers", [](const Result& r) { return transfers(r.run->cores.front()); })
      // TensorE: (instruction's index, LDWEIGHTS' start_ns and end_ns, MATMUL's start_ns,
      // busy_end_ns and end_ns).
      .def_prop_ro("array_passes",
                   [](const Result& r) { return array_passes(r.run->cores.front()); })
      // (start_ns, share of TensorE's full clock)
      .def_prop_ro("clock_phases",
                   [](const Result& r) { return clock_phases(r.run->cores.front()); })
      .def_prop_ro("unwritten_reads", [](const Result& r) {
        nb::list list;
        for (const RunResult& core : r.run->cores) {
          for (const UnwrittenRead& read : core.unwritten_reads) {
            const SourcePlace& at = core.program.sources.place(read.where);
            list.append(nb::make_tuple(at.file, at.line, core.program.tensor(read.tensor).name));
          }
        }
        return list;
      });
}

}  // namespace trainyard::python
