// SPDX-License-Identifier: Apache-2.0
// The cluster for Python: scenarios go in as TOML, reports come out as JSON; `trainyard validate
// --scale` builds one scenario a row.
#include <nanobind/stl/string.h>

#include <map>

#include "base/document.h"
#include "base/fault.h"
#include "bindings/session.h"
#include "cluster/explicit_step.h"
#include "cluster/scenario.h"
#include "cluster/step.h"
#include "cluster/step_view.h"
#include "fabric/collective.h"
#include "fabric/expert_exchange.h"
#include "machine/search_path.h"
#include "reliability/step_noise.h"
#include "serving/simulate.h"

namespace trainyard::python {

namespace nb = nanobind;

namespace {

std::string cluster_step(const std::string& text, const std::string& file,
                         bool memory_may_overflow) {
  const nb::gil_scoped_release others_may_run;
  const Scenario scenario = read_scenario(parse_toml(text, file));
  return step_json(scenario, evaluate_step(scenario, memory_may_overflow));
}

// A step with the scenario's faults over one without.
double cluster_slowdown(const std::string& text, const std::string& file) {
  const nb::gil_scoped_release others_may_run;
  const Scenario scenario = read_scenario(parse_toml(text, file));
  return evaluate_explicit(scenario, fold_step(scenario)).slowdown();
}

std::string cluster_serving(const std::string& text, const std::string& file) {
  const nb::gil_scoped_release others_may_run;
  const ServingScenario scenario = read_serving(parse_toml(text, file));
  return serving_json(scenario, {serve(scenario), {}, 0});
}

System system_of(const std::string& text) {
  const Document document = parse_toml(text, "system");
  TableReader table(document);
  return read_system(table, "system");
}

double cluster_collective_us(const std::string& system_text, const std::string& kind, double ranks,
                             double stride, double bytes) {
  static const std::map<std::string, Collective> kinds = {
      {"all_reduce", Collective::all_reduce},
      {"reduce_scatter", Collective::reduce_scatter},
      {"all_gather", Collective::all_gather},
      {"all_to_all", Collective::all_to_all}};
  const auto found = kinds.find(kind);
  if (found == kinds.end()) throw Fault(FaultKind::usage, "'" + kind + "' is no collective");
  const System system = system_of(system_text);
  return 1e6 *
         collective_cost(system, lay_group(system, ranks, stride), found->second, bytes).seconds;
}

double cluster_expert_exchange_us(const std::string& system_text, double ranks, double tokens,
                                  double bytes_per_token, double top_k, double node_limit,
                                  bool one_copy_a_unit) {
  const System system = system_of(system_text);
  ExpertExchange exchange;
  exchange.tokens = tokens;
  exchange.bytes_per_token = bytes_per_token;
  exchange.top_k = top_k;
  exchange.node_limit = node_limit;
  exchange.one_copy_a_unit = one_copy_a_unit;
  return 1e6 * expert_exchange_cost(system, lay_group(system, ranks, 1), exchange).seconds;
}

// A step that a share of steps does not exceed, over the median, of a job of so many chips.
double cluster_jitter(std::int64_t chips, double step_s, double share) {
  const ReliabilityProfile profile = read_reliability(
      read_document(find_in_folder("reliability", "reliability profile", "large-clusters")));
  JobShape shape;
  shape.chips = chips;
  shape.step_s = step_s;
  const StepDistribution steps(make_job(profile, {}, shape));
  return steps.quantile_s(share) / steps.median_s();
}

}  // namespace

void bind_cluster(nb::module_& module) {
  module.def("cluster_step", &cluster_step, nb::arg("scenario"), nb::arg("file") = "scenario",
             nb::arg("memory_may_overflow") = false,
             "The JSON of a training step of a scenario in TOML.");
  module.def("cluster_slowdown", &cluster_slowdown, nb::arg("scenario"),
             nb::arg("file") = "scenario",
             "A training step with the faults of a scenario in TOML over one without.");
  module.def("cluster_serving", &cluster_serving, nb::arg("scenario"), nb::arg("file") = "scenario",
             "The JSON of a serving scenario in TOML.");
  module.def("cluster_jitter", &cluster_jitter, nb::arg("chips"), nb::arg("step_s"),
             nb::arg("share"), "A quantile of a job's steps over their median.");
  module.def("cluster_collective_us", &cluster_collective_us, nb::arg("system"), nb::arg("kind"),
             nb::arg("ranks"), nb::arg("stride") = 1.0, nb::arg("bytes"),
             "Microseconds of a collective of ranks on a system in TOML.");
  module.def("cluster_expert_exchange_us", &cluster_expert_exchange_us, nb::arg("system"),
             nb::arg("ranks"), nb::arg("tokens"), nb::arg("bytes_per_token"), nb::arg("top_k"),
             nb::arg("node_limit") = 0.0, nb::arg("one_copy_a_unit") = true,
             "Microseconds of the exchange of a rank's tokens with the ranks of their experts.");
}

}  // namespace trainyard::python
