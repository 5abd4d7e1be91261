// SPDX-License-Identifier: Apache-2.0
// How a rule of an instruction is said: the operand, what must hold, what would be right.
#pragma once

#include <string>
#include <string_view>

#include "base/fault.h"
#include "isa/table.h"

namespace trainyard {

[[noreturn]] void refuse(std::string_view operand, std::string rule, std::string hint = {});

// "(64, 512)"
std::string shape_text(const View& view);

void require_same_dtype(std::string_view operand, const View& view, std::string_view other_name,
                        const View& other);

// Operands that only some generations have, beyond the instruction itself.
void require_generation(const CheckContext& context, Generation since, std::string_view operand,
                        std::string_view what);

}  // namespace trainyard
