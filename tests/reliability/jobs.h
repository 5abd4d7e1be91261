// SPDX-License-Identifier: Apache-2.0
// Jobs that tests share.
#pragma once

#include "reliability/job.h"

namespace trainyard {

// Steps of 2 s; checkpoints of 30 s to disk, none planned; restarts of 100 + 30 + 50 s; one kind of
// failure, exponential, that takes no node.
inline ReliabilityJob simple_job(double gap_s) {
  ReliabilityJob job;
  job.chips = 8;
  job.days = 50;
  job.step_s = 2;
  FailureKind kind;
  kind.name = "any";
  kind.per_day = 86'400 / gap_s;
  kind.nodes = 0;
  job.failures.push_back(kind);
  job.disk.bytes = 30e9;
  job.disk.write_bytes_per_s = 1e9;
  job.disk.read_bytes_per_s = 1e9;
  job.restart = {.schedule_s = 100, .warm_up_s = 50};
  return job;
}

// Every kind of failure and of policy at once.
inline ReliabilityJob everything_job() {
  ReliabilityJob job = simple_job(4000);
  job.chips = 512;
  job.chips_per_node = 8;
  job.spare_nodes = 1;
  FailureKind stops = job.failures[0];
  stops.nodes = 1;
  stops.detection = {60, Spread::lognormal, 1};
  stops.repair = {20'000, Spread::exponential};
  stops.copy_lost = 0.1;
  job.failures[0] = stops;
  for (const Effect effect : {Effect::corrupts, Effect::slows, Effect::planned}) {
    FailureKind kind = stops;
    kind.name = effect_name(effect);
    kind.effect = effect;
    kind.per_day = 1;
    kind.slowdown = 0.1;
    job.failures.push_back(kind);
  }
  job.disk.interval_steps = 400;
  job.memory = {
      .interval_steps = 20, .bytes = 1e9, .write_bytes_per_s = 1e9, .read_bytes_per_s = 1e9};
  job.validation = {.interval_steps = 2000, .seconds = 20, .found = 0.9};
  job.elastic = {.enabled = true,
                 .replicas = 16,
                 .replicas_min = 15,
                 .regroup_s = 60,
                 .replicas_hold_the_state = false};
  job.noise = {.chip_sigma_s = 0.02,
               .hiccups_per_chip_day = 0.5,
               .hiccup_least_s = 1,
               .hiccup_tail = 1.5,
               .hiccup_most_s = 100};
  job.gap_shape = 0.8;
  return job;
}

}  // namespace trainyard
