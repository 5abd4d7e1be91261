// SPDX-License-Identifier: Apache-2.0
#include "cluster/reliability_terms.h"

#include "cluster/memory.h"
#include "machine/search_path.h"
#include "reliability/policy_table.h"

namespace trainyard {
std::optional<ReliabilityTerms> read_reliability_terms(TableReader& root) {
  if (!root.has("reliability")) return {};
  TableReader table = root.table("reliability");
  const ReliabilityQuestion question = read_reliability_question(table);
  ReliabilityTerms terms;
  terms.profile = table.at_key("profile", [&] {
    terms.document = read_document(
        find_in_folder("reliability", "reliability profile", question.profile, table.file()));
    return read_reliability(terms.document);
  });
  terms.policy = question.policy;
  terms.options = question.options;
  return terms;
}

JobShape job_shape(const Scenario& scenario, const StepReport& step) {
  JobShape shape;
  shape.chips = scenario.chips;
  for (const Level& level : scenario.system.levels) {
    if (level.chips > 1) {
      shape.chips_per_node = level.chips;
      break;
    }
  }
  shape.replicas = scenario.plan.data;
  shape.step_s = step.seconds;
  shape.checkpoint_bytes =
      (kParameterBytes + kOptimizerBytes) * trained_parameters(scenario.model, scenario.training);
  shape.sharded = scenario.plan.zero > 0;
  return shape;
}

std::optional<PolicyReport> goodput_of(const Scenario& scenario, const StepReport& step) {
  if (!scenario.reliability.has_value()) return {};
  const ReliabilityTerms& terms = *scenario.reliability;
  return simulate_policy(terms.profile, terms.policy, job_shape(scenario, step), terms.options);
}

std::optional<GoodputAnswer> explain_goodput(const Scenario& scenario, const StepReport& step) {
  const std::optional<PolicyReport> report = goodput_of(scenario, step);
  if (!report.has_value()) return {};
  const ReliabilityTerms& terms = *scenario.reliability;
  GoodputAnswer answer;
  answer.job = report->job;
  answer.goodput = report->goodput;
  answer.intervals = report->searches;
  for (IntervalSearch& search : other_intervals(*report, terms.policy, terms.options)) {
    answer.intervals.push_back(std::move(search));
  }
  answer.sensitivity = goodput_sensitivity(terms.document, terms.policy, job_shape(scenario, step),
                                           report->job, terms.options);
  return answer;
}

}  // namespace trainyard
