// SPDX-License-Identifier: Apache-2.0
// Numbers as a reader takes them in at a glance: three or four digits and a prefix.
#pragma once

#include <cstdint>
#include <string>

namespace trainyard {

std::string digits_text(double value);                       // "0.00412", "12.3", "16,384"
std::string count_text(double value);                        // whole, "16,384"
std::string si_text(double value, const std::string& unit);  // "4.12 GW"
std::string seconds_text(double seconds);                    // "3.41 ms", "12.3 s", "4.2 h", "54 d"
std::string bytes_text(double bytes);                        // "60.1 GiB"
std::string percent_text(double share);                      // "41.2 %"
std::string usd_text(double usd);                            // "$91.3 M"

}  // namespace trainyard
