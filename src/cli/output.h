// SPDX-License-Identifier: Apache-2.0
// Results of a sub-command, to standard output or a file.
#pragma once

#include <string>
#include <string_view>

namespace trainyard {

// `file`: empty for standard output. Throws Fault(usage) when it cannot be written.
void write_result(std::string_view text, const std::string& file = {});

}  // namespace trainyard
