// SPDX-License-Identifier: Apache-2.0
// How often things fail and how long what follows takes, as machines/reliability/*.toml says it:
// every number with its source. Independent of any job's size.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/document.h"
#include "reliability/job.h"

namespace trainyard {

struct SourcedNumber {
  std::string key;  // "chip.rate"
  double value = 0;
  std::string unit, source, origin, why;  // origin: "published", "derived", "assumed"
};

// Bytes per second, of one chip; and of the whole store.
struct CheckpointRates {
  double disk_write_per_chip = 0, disk_read_per_chip = 0, disk_most = 0;
  double copy_per_chip = 0;  // into the host's memory, while the job stands
  double peer_per_chip = 0;  // to or from a peer's memory
};

struct ReliabilityProfile {
  std::string title, file;
  std::vector<FailureKind> failures;
  double gap_shape = 1;
  Restart restart;
  double regroup_s = 0;
  double validation_s = 0, validation_found = 1;
  CheckpointRates rates;
  StepNoise noise;
  std::vector<SourcedNumber> numbers;  // as written
};

// One number of the file times a factor: what if an assumption is wrong?
struct Scaled {
  std::string key;
  double factor = 1;
};

// Throws Fault(usage) with file and line.
ReliabilityProfile read_reliability(const Document& document,
                                    const std::optional<Scaled>& scaled = {});

}  // namespace trainyard
