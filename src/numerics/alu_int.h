// SPDX-License-Identifier: Apache-2.0
// The operators of alu.h on 32-bit integers, exact: the arithmetic of GpSimd, and the bitwise
// operators of every engine. Sums, differences, products, powers and |-2^31| wrap modulo 2^32.
//
// divide truncates, mod is floored and fmod truncated; by zero they give 0. A negative power is the
// truncated reciprocal: 0 but for bases 1 and -1, and 0 for base 0. average is rounded down. Shifts
// by 32 or more give 0, arithmetic ones the sign. rsqrt and reciprocal are not integer operators:
// Fault. Comparisons and logical operators give 1 or 0.
#pragma once

#include <cstddef>
#include <cstdint>

#include "numerics/alu.h"

namespace trainyard {

std::int32_t alu_apply(AluOp op, std::int32_t a, std::int32_t b);
std::uint32_t alu_apply(AluOp op, std::uint32_t a, std::uint32_t b);

// out[i] = op(a[i], b[i]). `out` may be `a` or `b`; `b` may be null for unary operators and bypass.
void alu_row(AluOp op, const std::int32_t* a, const std::int32_t* b, std::size_t count,
             std::int32_t* out);
void alu_row(AluOp op, const std::uint32_t* a, const std::uint32_t* b, std::size_t count,
             std::uint32_t* out);

// out[i] = op(a[i], b), with `reverse` op(b, a[i]).
void alu_row_scalar(AluOp op, const std::int32_t* a, std::int32_t b, bool reverse,
                    std::size_t count, std::int32_t* out);
void alu_row_scalar(AluOp op, const std::uint32_t* a, std::uint32_t b, bool reverse,
                    std::size_t count, std::uint32_t* out);

// op(… op(op(init, in[0]), in[1]) …). Fault for an operator that is no reduction.
std::int32_t alu_reduce_row(AluOp op, const std::int32_t* in, std::size_t count, std::int32_t init);
std::uint32_t alu_reduce_row(AluOp op, const std::uint32_t* in, std::size_t count,
                             std::uint32_t init);

}  // namespace trainyard
