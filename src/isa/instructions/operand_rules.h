// SPDX-License-Identifier: Apache-2.0
// The rules that instructions of the Vector, Scalar and GpSimd Engines have in common, each said
// once. `name` is the operand that is blamed.
#pragma once

#include <initializer_list>
#include <string_view>

#include "isa/instructions/refuse.h"

namespace trainyard {

// What the engines compute with; packed x4 formats are for TensorE and quantize_mx alone.
inline constexpr DTypeSet kPackedDTypes =
    dtypes(DType::float8_e5m2_x4, DType::float8_e4m3fn_x4, DType::float4_e2m1fn_x4);
inline constexpr DTypeSet kValueDTypes{~kPackedDTypes.bits};
inline constexpr DTypeSet kFloat32Only = dtypes(DType::float32);

// As dtypes of an operand that several dtypes may have.
inline constexpr DTypeSet kWords = dtypes(DType::int32, DType::uint32);
inline constexpr DTypeSet kIntegers = dtypes(DType::int8, DType::int16, DType::int32, DType::uint8,
                                             DType::uint16, DType::uint32, DType::bool8);
inline constexpr DTypeSet kFloats =
    dtypes(DType::float32, DType::tfloat32, DType::bfloat16, DType::float16, DType::float8_e4m3,
           DType::float8_e4m3fn, DType::float8_e5m2, DType::float8_e3m4);

inline bool in_psum(const View& view) {
  return view.present() && view.space == Space::psum;
}
bool any_in_psum(std::initializer_list<const View*> views);
inline bool in_psum(const ScalarOperand& operand) {
  return operand.kind == ScalarOperand::Kind::tile && in_psum(operand.tile);
}

void require_same_partitions(std::string_view name, const View& view, std::string_view other_name,
                             const View& other);
// As many partitions, and as many elements in each: the free shape may differ.
void require_same_size(std::string_view name, const View& view, std::string_view other_name,
                       const View& other);
// `count` elements per partition.
void require_elements(std::string_view name, const View& view, std::int64_t count,
                      std::string_view why);
// One element in each partition of `data`.
void require_one_per_partition(std::string_view name, const View& view, std::string_view data_name,
                               const View& data);
// As above where the operand is a tile; its dtype must be one of `allowed`.
void require_lane_operand(std::string_view name, const ScalarOperand& operand,
                          std::string_view data_name, const View& data,
                          DTypeSet allowed = kFloat32Only);
void require_dtype(std::string_view name, const View& view, DTypeSet allowed, std::string_view why);
// An operator of one operand leaves this one at None or 0.
void require_zero_if_unary(std::string_view name, const ScalarOperand& operand, AluOp op);

// Two inputs of VectorE cannot both come from PSUM.
void refuse_both_in_psum(std::string_view name, const View& a, std::string_view other_name,
                         const View& b);
// GpSimd has no port to PSUM.
void refuse_psum(std::string_view name, const View& view, std::string_view why);

// Where the index of a dst made with .indirect() starts, if the kernel chose the addresses: with
// the source in SBUF, or with the index of the source in PSUM (nki.isa, "Tensor indirection").
void check_scatter(const CheckContext& context, const View& dst, std::string_view source_name,
                   const View& source);
// Rows chosen by an index tile, where an instruction walks partitions in its own way.
void refuse_rows(const CheckContext& context, std::string_view name, const View& view);

void require_arithmetic(std::string_view name, AluOp op);
void require_binary(std::string_view name, AluOp op);
void require_op(std::string_view name, AluOp op, std::initializer_list<AluOp> allowed);

}  // namespace trainyard
