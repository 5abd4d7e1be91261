// SPDX-License-Identifier: Apache-2.0
// To add a sub-command: a file <name>_command.cc, its declaration in a header, one line here.
#include "cli/claims_command.h"
#include "cli/cluster_command.h"
#include "cli/command.h"
#include "cli/isa_command.h"
#include "cli/machine_command.h"
#include "cli/plan_command.h"
#include "cli/python_command.h"
#include "cli/sweep_command.h"

namespace trainyard {

std::vector<Command> all_commands() {
  return {machine_command(), isa_command(),      run_command(),
          explain_command(), validate_command(), claims_command(),
          cluster_command(), plan_command(),     sweep_command()};
}

}  // namespace trainyard
