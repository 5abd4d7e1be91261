// SPDX-License-Identifier: Apache-2.0
#include "reliability/policy_table.h"

namespace trainyard {
namespace {

constexpr double kMinutesMax = 1e7;

// A number of minutes, 0 for none, or "best".
double minutes(TableReader& table, const std::string& key, double otherwise) {
  const DocumentNode* node = table.node(key);
  if (node == nullptr) return otherwise;
  if (node->is(DocumentNode::Kind::words) && node->words == "best") return ReliabilityPolicy::kBest;
  if (node->is(DocumentNode::Kind::number) && node->number >= 0 && node->number <= kMinutesMax) {
    return node->number;
  }
  throw table.fault(key, "minutes between two are a number from 0 (none) to 1e7, or \"best\"",
                    "write " + key + " = \"best\" to have them searched");
}

}  // namespace

ReliabilityQuestion read_reliability_question(TableReader& table) {
  ReliabilityQuestion question;
  ReliabilityPolicy& policy = question.policy;
  question.profile = table.words("profile", question.profile);
  policy.days = table.number("days", 1e-6, 36'525, policy.days);
  policy.spare_share = table.number("spare_share", 0, 10, policy.spare_share);
  policy.disk_minutes = minutes(table, "disk_minutes", policy.disk_minutes);
  policy.memory_minutes = minutes(table, "memory_minutes", policy.memory_minutes);
  policy.validation_minutes = minutes(table, "validation_minutes", policy.validation_minutes);
  policy.asynchronous = table.truth("asynchronous", policy.asynchronous);
  policy.elastic = table.truth("elastic", policy.elastic);
  policy.replicas_min_share = table.number("replicas_min_share", 0, 1, policy.replicas_min_share);
  policy.noise = table.truth("noise", policy.noise);
  question.options.runs = table.count("runs", question.options.runs);
  question.options.seed = static_cast<std::uint64_t>(
      table.count("seed", static_cast<std::int64_t>(question.options.seed), 0));
  table.finish();
  return question;
}

}  // namespace trainyard
