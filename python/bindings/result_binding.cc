// SPDX-License-Identifier: Apache-2.0
// What a finished kernel call tells: text, JSON, trace, and the figures asked for most.
#include <nanobind/stl/string.h>

#include "bindings/session.h"
#include "program/hash.h"
#include "report/hash.h"
#include "report/run_json.h"
#include "report/run_result.h"
#include "report/text_summary.h"
#include "report/trace.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

// Holds the session: the RunResult refers to its program and machine.
struct Result {
  std::shared_ptr<SessionState> session;
  std::shared_ptr<const RunResult> run;
};

}  // namespace

nb::object finish_session(const std::shared_ptr<SessionState>& session) {
  const Program& program = session->builder.program();
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - session->started;
  session->finished = true;
  const std::uint64_t values = hash_outputs(program, session->core);
  std::shared_ptr<RunResult> run;
  if (session->run) {
    // Of a replay: the same instructions take the same time, whatever they work on.
    run = std::make_shared<RunResult>(*session->run);
    run->hash = hash_run(run->reading_hash, values);
  } else {
    run = std::make_shared<RunResult>(read_run(program, session->core, values));
    session->run = run;
  }
  run->wall_s = wall.count();
  return nb::cast(Result{session, std::move(run)});
}

void bind_result(nb::module_& module) {
  nb::class_<Result>(module, "Result")
      .def(
          "text", [](const Result& r, bool verbose) { return text_summary(*r.run, verbose); },
          nb::arg("verbose") = false)
      .def("json", [](const Result& r) { return run_json(*r.run); })
      .def(
          "write_trace",
          [](const Result& r, const std::string& path) { write_trace(*r.run, path); },
          nb::arg("path"))
      .def("hash", [](const Result& r) { return hash_text(r.run->hash); })
      .def_prop_ro("program_hash",
                   [](const Result& r) { return hash_text(program_hash(r.run->program)); })
      .def_prop_ro("kernel", [](const Result& r) { return r.run->kernel; })
      .def_prop_ro("time_us", [](const Result& r) { return r.run->timeline.total.us(); })
      .def_prop_ro("energy_j", [](const Result& r) { return r.run->energy.joules(); })
      .def_prop_ro("instructions", [](const Result& r) { return r.run->program.stream.size(); })
      .def_prop_ro("unwritten_reads", [](const Result& r) {
        nb::list list;
        for (const UnwrittenRead& read : r.run->unwritten_reads) {
          const SourcePlace& at = r.run->program.sources.place(read.where);
          list.append(nb::make_tuple(at.file, at.line, r.run->program.tensor(read.tensor).name));
        }
        return list;
      });
}

}  // namespace trainyard::python
