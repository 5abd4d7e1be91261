// SPDX-License-Identifier: Apache-2.0
// The text of docs/machine-keys.md, made from the field list.
#pragma once

#include <string>

namespace trainyard {

std::string machine_keys_markdown();

}  // namespace trainyard
