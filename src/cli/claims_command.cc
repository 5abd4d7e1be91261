// SPDX-License-Identifier: Apache-2.0
#include "cli/claims_command.h"

#include "claims/claims.h"
#include "claims/claims_view.h"
#include "cli/output.h"

namespace trainyard {
namespace {

int claims(const Arguments& arguments) {
  const MeasuredMachine base = measure("trn2"), next = measure("trn3");
  const std::vector<Claim> list = claims_of(base, next);
  const bool as_json = arguments.has("--json");
  write_result(as_json ? claims_json(base, next, list) : claims_text(base, next, list),
               arguments.text("--json"));
  return 0;
}

}  // namespace

Command claims_command() {
  return {"claims",
          "what is claimed of Trainium3 against Trainium2, computed on both",
          {{ArgumentKind::optional_text, "--json",
            "as JSON, to standard output or to a file that follows"}},
          claims};
}

}  // namespace trainyard
