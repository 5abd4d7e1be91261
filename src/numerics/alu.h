// SPDX-License-Identifier: Apache-2.0
// The operators of the vector ALUs (nki.api.shared.rst, "Supported Math Operators") on rows: the
// arithmetic ones in fp32, the bitwise ones on raw bits. Integer arithmetic (GpSimd): alu_int.h.
//
// Readings the documents leave open: maximum and minimum ignore NaN like fmax and return the
// second of two equal operands; abs_max and abs_min give the signed original, the second on a tie,
// and ignore NaN too; a NaN is true to the logical operators; mod has the sign of the divisor, fmod
// of the dividend; relu keeps NaN; power is the host's double pow rounded to fp32. Arithmetic makes
// one NaN, 0x7fc00000.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace trainyard {

enum class AluOp : std::uint8_t {
  add,
  subtract,
  multiply,
  divide,
  maximum,
  minimum,
  abs_max,
  abs_min,
  equal,  // comparisons and logical operators give 1 or 0
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  logical_and,
  logical_or,
  logical_xor,
  power,
  mod,
  fmod,
  bypass,  // the first operand, untouched
  average,
  bitwise_and,
  bitwise_or,
  bitwise_xor,
  left_shift,
  right_shift,  // logical; a shift by 32 or more gives 0
  arithmetic_right_shift,
  // Unary: of the first operand.
  abs,
  square,
  relu,
  rsqrt,
  reciprocal,
  logical_not,
  invert,
};

inline constexpr int kAluOpCount = 35;

std::string_view alu_op_name(AluOp op);  // as nki.language spells it
std::optional<AluOp> alu_op_from_name(std::string_view name);
bool is_unary(AluOp op);
bool is_bitwise(AluOp op);    // acts on raw bits
bool is_reduction(AluOp op);  // alu_reduce_row knows it

// The meaning of an operator on one pair; the rows below are this, element by element.
float alu_apply(AluOp op, float a, float b);

// out[i] = op(a[i], b[i]). `out` may be `a` or `b`; `b` may be null for unary operators and bypass.
void alu_row(AluOp op, const float* a, const float* b, std::size_t count, float* out);

// out[i] = op(a[i], b), with `reverse` op(b, a[i]).
void alu_row_scalar(AluOp op, const float* a, float b, bool reverse, std::size_t count, float* out);

// op(init, r), where r reduces the row in one fixed order: element i goes to accumulator i mod 16
// in ascending order, then accumulators j and j + 8, j + 4, j + 2, j + 1 are combined, those which
// got an element. An empty row gives init. For subtract, r is the sum: init - in[0] - in[1] …
// Fault for an operator that is no reduction.
float alu_reduce_row(AluOp op, const float* in, std::size_t count, float init);

// What leaves other values as they are: 0, 1, -inf, inf, all ones … Fault for no reduction.
float alu_identity(AluOp op);

// result[i] = op1(op0(data0[i], result[i - 1]), data1[i]), result[-1] = init, strictly in sequence;
// reverse0 and reverse1 exchange the operands of op0 and op1. `out` may be data0 or data1.
void alu_scan_row(AluOp op0, AluOp op1, const float* data0, const float* data1, float init,
                  std::size_t count, float* out, bool reverse0 = false, bool reverse1 = false);

}  // namespace trainyard
