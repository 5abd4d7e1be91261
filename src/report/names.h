// SPDX-License-Identifier: Apache-2.0
// How results name engines, waits and formats: keys for JSON, words for people.
#pragma once

#include <string>
#include <string_view>

#include "core/timeline.h"
#include "isa/cost.h"

namespace trainyard {

std::string_view engine_key(Engine engine);          // "tensor"
std::string_view engine_title(Engine engine);        // "TensorE"
std::string_view wait_key(WaitReason reason);        // "table_load"
std::string_view wait_title(WaitReason reason);      // "activation table load"
std::string_view mac_class_key(MacClass mac_class);  // "bf16": also fp16 and tf32

std::string_view instruction_name(const Recorded& recorded);

// "kernel.py:12", without the folders; "?" where the place is unknown.
std::string short_place(const SourcePlace& place);
// "nc_matmul #7 at kernel.py:12"
std::string instruction_text(const Program& program, std::uint32_t i);

}  // namespace trainyard
