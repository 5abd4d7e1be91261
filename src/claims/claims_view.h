// SPDX-License-Identifier: Apache-2.0
// The claims as text and as JSON (docs/energy.md).
//
//   compute: 4.4 times the compute, UltraServer against UltraServer
//     says AWS, Trainium3 UltraServer launch, Dec 2025
//                                        trn2    trn3            ratio
//     chip pages: best 8-bit format     83.14   362.4  PFLOP/s    4.36  holds
#pragma once

#include <string>
#include <vector>

#include "claims/claims.h"

namespace trainyard {

inline constexpr const char* kClaimsSchema = "trainyard.claims.1";

std::string claims_text(const MeasuredMachine& base, const MeasuredMachine& next,
                        const std::vector<Claim>& claims);
std::string claims_json(const MeasuredMachine& base, const MeasuredMachine& next,
                        const std::vector<Claim>& claims);

}  // namespace trainyard
