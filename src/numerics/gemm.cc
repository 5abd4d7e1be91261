// SPDX-License-Identifier: Apache-2.0
// Register blocks of kBlockRows x kBlockVectors accumulators; both operands are packed so that a
// block reads two contiguous streams (the pitches of SBUF tiles map whole columns onto a few cache
// sets). The order of the additions into one element depends on neither.
#include "numerics/gemm.h"

#include "numerics/simd_targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "numerics/gemm.cc"
#include "hwy/foreach_target.h"

#include <algorithm>

#include "numerics/gemm_scratch.h"
#include "numerics/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace trainyard {
namespace HWY_NAMESPACE {

using F32 = hn::ScalableTag<float>;
using VF32 = hn::Vec<F32>;

// The registers hold the accumulators, one row of the panel and one element of stationary. Measured
// best of 8x2, 8x3, 12x2, 14x2, 6x4 (AVX-512) and 6x2, 5x2, 4x3, 4x2 (AVX2).
#if HWY_TARGET <= HWY_AVX3
inline constexpr std::size_t kBlockRows = 8;  // 32 registers
inline constexpr std::size_t kBlockVectors = 3;
#else
inline constexpr std::size_t kBlockRows = 6;  // 16 registers
inline constexpr std::size_t kBlockVectors = 2;
#endif

// `stationary` is packed [rows][kRows], `panel` [rows][kVectors vectors].
template <std::size_t kRows, std::size_t kVectors>
void Block(const float* HWY_RESTRICT stationary, const float* HWY_RESTRICT panel, std::size_t rows,
           std::size_t width, float* HWY_RESTRICT out, std::size_t out_pitch, GemmMode mode) {
  const F32 d;
  const std::size_t lanes = hn::Lanes(d);
  VF32 sum[kRows][kVectors];
  for (std::size_t m = 0; m < kRows; ++m) {
    for (std::size_t v = 0; v < kVectors; ++v) sum[m][v] = hn::Zero(d);
  }
  for (std::size_t k = 0; k < rows; ++k) {
    VF32 moving[kVectors];
    for (std::size_t v = 0; v < kVectors; ++v) moving[v] = hn::Load(d, panel + v * lanes);
    for (std::size_t m = 0; m < kRows; ++m) {
      const VF32 weight = hn::Set(d, stationary[m]);
      for (std::size_t v = 0; v < kVectors; ++v) sum[m][v] = Fma(d, weight, moving[v], sum[m][v]);
    }
    stationary += kRows;
    panel += kVectors * lanes;
  }
  for (std::size_t m = 0; m < kRows; ++m) {
    float* row = out + m * out_pitch;
    for (std::size_t v = 0; v < kVectors; ++v) {
      const std::size_t first = v * lanes;
      if (first + lanes <= width) {
        VF32 value = sum[m][v];
        if (mode == GemmMode::accumulate) value = hn::Add(hn::LoadU(d, row + first), value);
        hn::StoreU(OneNan(d, value), d, row + first);
      } else if (first < width) {
        const std::size_t bytes = (width - first) * sizeof(float);
        HWY_ALIGN float edge[hn::MaxLanes(d)] = {};
        std::memcpy(edge, row + first, bytes);
        VF32 value = sum[m][v];
        if (mode == GemmMode::accumulate) value = hn::Add(hn::Load(d, edge), value);
        hn::Store(OneNan(d, value), d, edge);
        std::memcpy(row + first, edge, bytes);
      }
    }
  }
}

// The blocks of 1 … kRows rows, by recursion: a last block reads no padding.
template <std::size_t kRows, std::size_t kVectors>
HWY_INLINE void BlockOf(std::size_t block_rows, const float* stationary, const float* panel,
                        std::size_t rows, std::size_t width, float* out, std::size_t out_pitch,
                        GemmMode mode) {
  if constexpr (kRows > 1) {
    if (block_rows < kRows) {
      return BlockOf<kRows - 1, kVectors>(block_rows, stationary, panel, rows, width, out,
                                          out_pitch, mode);
    }
  }
  Block<kRows, kVectors>(stationary, panel, rows, width, out, out_pitch, mode);
}

template <std::size_t kVectors>
void Panel(const float* packed, const float* moving, std::size_t moving_pitch, std::size_t rows,
           std::size_t columns, std::size_t width, float* out, std::size_t out_pitch,
           GemmMode mode) {
  const F32 d;
  const std::size_t lanes = hn::Lanes(d);
  const std::size_t panel_width = kVectors * lanes;
  float* panel = gemm_scratches().panel.at_least(rows * panel_width);
  float* to = panel;
  for (std::size_t k = 0; k < rows; ++k, to += panel_width) {
    const float* from = moving + k * moving_pitch;
    if (width == panel_width) {
      for (std::size_t v = 0; v < kVectors; ++v) {
        hn::Store(hn::LoadU(d, from + v * lanes), d, to + v * lanes);
      }
    } else {
      std::memcpy(to, from, width * sizeof(float));
      std::fill(to + width, to + panel_width, 0.0f);
    }
  }
  for (std::size_t m = 0; m < columns; m += kBlockRows) {
    BlockOf<kBlockRows, kVectors>(std::min(kBlockRows, columns - m), packed + m * rows, panel, rows,
                                  width, out + m * out_pitch, out_pitch, mode);
  }
}

template <std::size_t kVectors>
HWY_INLINE void PanelOf(std::size_t vectors, const float* packed, const float* moving,
                        std::size_t moving_pitch, std::size_t rows, std::size_t columns,
                        std::size_t width, float* out, std::size_t out_pitch, GemmMode mode) {
  if constexpr (kVectors > 1) {
    if (vectors < kVectors) {
      return PanelOf<kVectors - 1>(vectors, packed, moving, moving_pitch, rows, columns, width, out,
                                   out_pitch, mode);
    }
  }
  Panel<kVectors>(packed, moving, moving_pitch, rows, columns, width, out, out_pitch, mode);
}

void Gemm(const float* stationary, std::size_t stationary_pitch, const float* moving,
          std::size_t moving_pitch, std::size_t rows, std::size_t columns, std::size_t count,
          float* out, std::size_t out_pitch, GemmMode mode) {
  const std::size_t lanes = hn::Lanes(F32());
  float* packed = gemm_scratches().stationary.at_least(rows * columns);
  for (std::size_t m = 0; m < columns; m += kBlockRows) {
    const std::size_t block_rows = std::min(kBlockRows, columns - m);
    float* to = packed + m * rows;
    for (std::size_t k = 0; k < rows; ++k, to += block_rows) {
      const float* from = stationary + k * stationary_pitch + m;
      if (block_rows == kBlockRows) {
        std::memcpy(to, from, kBlockRows * sizeof(float));
      } else {
        std::memcpy(to, from, block_rows * sizeof(float));
      }
    }
  }
  for (std::size_t n = 0; n < count;) {
    const std::size_t width = std::min(kBlockVectors * lanes, count - n);
    PanelOf<kBlockVectors>((width + lanes - 1) / lanes, packed, moving + n, moving_pitch, rows,
                           columns, width, out + n, out_pitch, mode);
    n += width;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace trainyard
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace trainyard {

HWY_EXPORT(Gemm);

void gemm_accumulate_fixed_order(const float* stationary, std::size_t stationary_pitch,
                                 const float* moving, std::size_t moving_pitch, std::size_t rows,
                                 std::size_t columns, std::size_t count, float* out,
                                 std::size_t out_pitch, GemmMode mode) {
  HWY_DYNAMIC_DISPATCH(Gemm)
  (stationary, stationary_pitch, moving, moving_pitch, rows, columns, count, out, out_pitch, mode);
}

void gemm_fixed_order(const float* stationary, std::size_t stationary_pitch, const float* moving,
                      std::size_t moving_pitch, std::size_t rows, std::size_t columns,
                      std::size_t count, float* out, std::size_t out_pitch) {
  // Only the first of these changes bits; the others keep the packed operands in the caches.
  constexpr std::size_t kRows = 128;
  constexpr std::size_t kColumns = 512;
  constexpr std::size_t kCount = 2048;
  for (std::size_t n = 0; n < count; n += kCount) {
    for (std::size_t m = 0; m < columns; m += kColumns) {
      std::size_t k = 0;
      do {  // also once for an empty contraction, which gives zeros
        gemm_accumulate_fixed_order(stationary + k * stationary_pitch + m, stationary_pitch,
                                    moving + k * moving_pitch + n, moving_pitch,
                                    std::min(kRows, rows - k), std::min(kColumns, columns - m),
                                    std::min(kCount, count - n), out + m * out_pitch + n, out_pitch,
                                    k == 0 ? GemmMode::overwrite : GemmMode::accumulate);
        k += kRows;
      } while (k < rows);
    }
  }
}

}  // namespace trainyard
#endif  // HWY_ONCE
