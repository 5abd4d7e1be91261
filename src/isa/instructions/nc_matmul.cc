// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/nc_matmul.h"

#include <fmt/format.h>

#include <vector>

#include "isa/instructions/matmul_parts.h"
#include "isa/instructions/operand_rules.h"
#include "isa/instructions/refuse.h"
#include "numerics/gemm_fast.h"

namespace trainyard {
namespace {

constexpr DTypeSet kMatmulTypes =
    dtypes(DType::float8_e3m4, DType::float8_e4m3, DType::float8_e4m3fn, DType::float8_e5m2,
           DType::bfloat16, DType::float16, DType::tfloat32, DType::float32);

bool is_wide(DType d) {
  return d == DType::float32 || d == DType::tfloat32;
}
bool is_fp8(DType d) {
  return dtype_bytes(d) == 1;
}
constexpr DTypeSet kIndirectTypes = dtypes(DType::float16, DType::bfloat16, DType::float8_e4m3,
                                           DType::float8_e5m2, DType::float8_e4m3fn);
constexpr DTypeSet kDoubleRowTypes =
    dtypes(DType::float8_e4m3, DType::float8_e5m2, DType::float8_e4m3fn);

// The row that each column of a moving tile of zeros and a one selects, -1 for none.
std::vector<std::int32_t> selected_rows(const FloatMatrix& moving, std::int64_t rows,
                                        std::int64_t columns) {
  std::vector<std::int32_t> selected(static_cast<std::size_t>(columns), -1);
  for (std::int64_t k = 0; k < rows; ++k) {
    const float* row = moving.data + static_cast<std::size_t>(k) * moving.pitch;
    for (std::int64_t c = 0; c < columns; ++c) {
      if (row[c] == 0.0F) continue;
      std::int32_t& chosen = selected[static_cast<std::size_t>(c)];
      if (row[c] != 1.0F || chosen != -1) {
        refuse("moving",
               fmt::format("transpose mode needs an identity matrix: column {} holds more than a "
                           "single 1",
                           c),
               "use an identity, or leave out is_transpose for a product");
      }
      chosen = static_cast<std::int32_t>(k);
    }
  }
  return selected;
}

bool runs_fast(CoreState& core, const Rows& a, const Rows& b) {
  return core.numerics() == NumericsMode::fast && a.dtype == DType::bfloat16 &&
         b.dtype == DType::bfloat16 && lies_as<std::uint16_t>(a) && lies_as<std::uint16_t>(b) &&
         fast_gemm_available();
}

}  // namespace

void NcMatmul::visit(ParamVisitor& v) {
  const bool overwrites = is_transpose || accumulate == Accumulate::overwrite;
  v.tile({.name = "dst",
          .touch = overwrites ? Touch::write : Touch::read_write,
          .spaces = kPsum,
          .columns = true},
         dst);
  v.tile({.name = "stationary", .spaces = kSbuf, .columns = true}, stationary);
  v.tile({.name = "moving", .spaces = kSbuf, .columns = true}, moving);
  v.flag({.name = "is_stationary_onezero", .need = Need::optional}, is_stationary_onezero);
  v.flag({.name = "is_moving_onezero", .need = Need::optional}, is_moving_onezero);
  v.flag({.name = "is_transpose", .need = Need::optional}, is_transpose);
  v.choice({.name = "accumulate", .need = Need::optional}, accumulate);
  v.integers({.name = "tile_position", .need = Need::optional}, tile_position);
  v.integers({.name = "tile_size", .need = Need::optional}, tile_size);
  v.choice({.name = "perf_mode", .need = Need::optional}, perf_mode);
}

void NcMatmul::check_dtypes(const CheckContext& context) const {
  for (const auto& [name, view] : {std::pair{"stationary", &stationary}, {"moving", &moving}}) {
    const DType dtype = view->dtype;
    // Transpose mode moves the bits of any type.
    const bool moves =
        is_transpose && view == &stationary && context.machine().generation >= Generation::gen3;
    if (!kMatmulTypes.has(dtype) && !moves) {
      refuse(name, fmt::format("the Tensor Engine does not multiply {}", dtype_info(dtype).name),
             "use float32, tfloat32, bfloat16, float16, or an 8-bit float");
    }
    if (dtype == DType::float8_e4m3fn) {
      require_generation(context, Generation::gen4, name, "float8_e4m3fn");
    }
    if (double_row() && !kDoubleRowTypes.has(dtype)) {
      refuse(name,
             fmt::format("double_row takes float8_e4m3, float8_e4m3fn and float8_e5m2, not {}",
                         dtype_info(dtype).name),
             "convert it, or leave out perf_mode");
    }
  }
  const DType a = stationary.dtype;
  const DType b = moving.dtype;
  if (is_wide(a) != is_wide(b) && !is_transpose) {
    refuse("moving",
           fmt::format("a 32-bit operand needs a 32-bit partner: stationary is {}, moving is {}",
                       dtype_info(a).name, dtype_info(b).name),
           "convert one of them");
  }
  if ((a == DType::float8_e4m3 && b == DType::float8_e4m3fn) ||
      (a == DType::float8_e4m3fn && b == DType::float8_e4m3)) {
    refuse("moving", "float8_e4m3 and float8_e4m3fn cannot be mixed in one product",
           "give both operands one of them");
  }
  // Transpose mode has a 16-bit output for 16-bit data (trainium2_arch.rst).
  if (!(is_transpose && dst.dtype == a)) check_psum_dtype(context, dst);
}

void NcMatmul::check(const CheckContext& context) const {
  check_dtypes(context);
  if (double_row()) {
    require_generation(context, Generation::gen3, "perf_mode", "double_row");
    for (const auto& [name, view] : {std::pair{"stationary", &stationary}, {"moving", &moving}}) {
      if (view->rank < 2 || view->dims[1].count != 2) {
        refuse(name,
               fmt::format("double_row needs a first free dimension of 2: shape is {}",
                           shape_text(*view)),
               "reshape it to (K, 2, columns)");
      }
    }
    if (is_transpose) {
      refuse("is_transpose", "double_row cannot be combined with transpose mode",
             "leave out one of them");
    }
    if (tile_size.size == 2 && tile_size.values[1] != context.machine().tensor.columns) {
      refuse("tile_size", "double_row cannot be combined with column tiling",
             fmt::format("use a column size of {}", context.machine().tensor.columns));
    }
  }
  check_contraction(stationary, moving);
  check_tiling(context, tile_position, tile_size, stationary.partitions(), m(), true);
  check_moving_size(context, dst, n());
  check_product_shapes(dst, m(), n());
  if (is_transpose && n() > stationary.partitions()) {
    refuse("moving",
           fmt::format("transpose mode needs an identity of at most {} columns, not {}",
                       stationary.partitions(), n()),
           "slice the identity");
  }
  const bool tiled =
      tile_position.size == 2 && (tile_position.values[0] != 0 || tile_position.values[1] != 0);
  for (const auto& [name, view] :
       {std::pair{"dst", &dst}, {"stationary", &stationary}, {"moving", &moving}}) {
    if (!view->columns) continue;
    if (view != &dst && !kIndirectTypes.has(view->dtype)) {
      refuse(name, fmt::format("cannot be {} and use .indirect()", dtype_info(view->dtype).name),
             "use a 16- or 8-bit float");
    }
    if (tiled) {
      refuse("tile_position", "must be (0, 0) when an operand uses .indirect()", "leave it out");
    }
  }
  if (is_transpose && moving.columns) {
    refuse("moving", "cannot use .indirect() in transpose mode", "index the stationary operand");
  }
  check_scatter(context, dst, "stationary", stationary);
}

void NcMatmul::execute_transpose(CoreState& core) const {
  const Rows from = core.access(stationary, Touch::read);
  const FloatMatrix identity = float_matrix(core, core.access(moving, Touch::read), 1);
  const auto column_of = selected_rows(identity, moving.partitions(), n());
  store_transposed(core, core.access(dst, Touch::write), from, column_of.data(), true);
}

void NcMatmul::execute(CoreState& core, Engine) const {
  if (is_transpose && core.machine().generation >= Generation::gen3) {
    execute_transpose(core);
    return;
  }
  const Rows a = core.access(stationary, Touch::read);
  const Rows b = core.access(moving, Touch::read);
  ProductSink sink(core, dst, is_transpose ? Accumulate::overwrite : accumulate);
  const std::size_t halves = double_row() ? 2 : 1;
  const auto rows = static_cast<std::size_t>(a.partitions) * halves;
  const auto columns = static_cast<std::size_t>(m());
  const auto count = static_cast<std::size_t>(n());
  if (halves == 1 && runs_fast(core, a, b)) {
    gemm_bf16_fast(reinterpret_cast<const std::uint16_t*>(a.base),
                   static_cast<std::size_t>(a.partition_step_bytes) / sizeof(std::uint16_t),
                   reinterpret_cast<const std::uint16_t*>(b.base),
                   static_cast<std::size_t>(b.partition_step_bytes) / sizeof(std::uint16_t), rows,
                   columns, count, sink.out(), sink.pitch(), sink.mode());
  } else {
    // Two rows of a partition lie one after the other: (K, 2, M) is (2 K, M). 8-bit operands are
    // always converted, so the pitch of one is whole.
    const FloatMatrix weights = float_matrix(core, a, 0);
    const FloatMatrix data = float_matrix(core, b, 1);
    gemm_accumulate_fixed_order(weights.data, weights.pitch / halves, data.data,
                                data.pitch / halves, rows, columns, count, sink.out(), sink.pitch(),
                                sink.mode());
  }
  sink.finish();
}

Cost NcMatmul::cost(const Machine& machine, Engine) const {
  const TensorEngine& tensor = machine.tensor;
  const bool fp32 = stationary.dtype == DType::float32 || moving.dtype == DType::float32;
  ArrayWork work{.rows = n(), .columns = m(), .fp32 = fp32};
  work.row_bytes = static_cast<std::int64_t>(dtype_bytes(moving.dtype));
  work.column_bytes = static_cast<std::int64_t>(dtype_bytes(stationary.dtype));
  if (fp32) {
    const bool one_pass = is_stationary_onezero || is_moving_onezero ||
                          (is_transpose && machine.generation >= Generation::gen3);
    work.cycles_per_row = tensor.fp32_cycles_per_row / tensor.fp32_passes;
    work.passes = one_pass ? 1 : static_cast<int>(tensor.fp32_passes);
  }
  Cost cost = tensor_cost(machine, work);
  cost.array_tile = array_tile(machine, tile_position, tile_size);
  cost.array_rows =
      static_cast<double>(stationary.partitions()) / static_cast<double>(machine.tensor.rows);
  cost.macs = stationary.elements() * n();
  cost.mac_class = fp32                                               ? MacClass::fp32
                   : is_fp8(stationary.dtype) && is_fp8(moving.dtype) ? MacClass::fp8
                                                                      : MacClass::bf16;
  cost.double_row = double_row();
  cost.weight_bytes = stationary.bytes();
  cost.only_moves = is_transpose;
  return cost;
}

}  // namespace trainyard
