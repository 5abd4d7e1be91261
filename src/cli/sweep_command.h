// SPDX-License-Identifier: Apache-2.0
// trainyard sweep SWEEP.toml --out FILE.sqlite [--threads N] [--part I/N]
//                 [--slurm SCRIPT [--parts N]]
#pragma once

#include "cli/command.h"

namespace trainyard {

Command sweep_command();

}  // namespace trainyard
