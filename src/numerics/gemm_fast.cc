// SPDX-License-Identifier: Apache-2.0
#include "numerics/gemm_fast.h"

#include "base/fault.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "numerics/gemm_scratch.h"

#if !defined(__clang__)  // g++ 12's own intrinsics
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

#define TRAINYARD_AMX __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512vl")))

namespace trainyard {
namespace {

constexpr std::size_t kTile = 16;      // rows, and columns of 4 bytes, of one tile register
constexpr std::size_t kPairBytes = 4;  // two bf16 of successive contraction rows

bool ask_for_tiles() {
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx)) return false;
  const bool has_bf16 = (edx >> 22 & 1) != 0;
  const bool has_tile = (edx >> 24 & 1) != 0;
  const bool has_avx512 = (ebx >> 16 & 1) != 0 && (ebx >> 30 & 1) != 0 && (ebx >> 31 & 1) != 0;
  constexpr long kRequestPermission = 0x1023;  // ARCH_REQ_XCOMP_PERM, arch/x86 asm/prctl.h
  constexpr long kTileData = 18;               // XFEATURE_XTILEDATA
  return has_bf16 && has_tile && has_avx512 &&
         syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

struct alignas(64) TileConfig {
  std::uint8_t palette = 1;
  std::uint8_t start_row = 0;
  std::uint8_t reserved[14] = {};
  std::uint16_t row_bytes[16] = {};
  std::uint8_t rows[16] = {};

  constexpr TileConfig() {
    for (int t = 0; t < 8; ++t) {
      row_bytes[t] = kTile * kPairBytes;
      rows[t] = kTile;
    }
  }
};

// Not a local: g++ 12 takes only the first 8 bytes for read by _tile_loadconfig and drops the rest.
constexpr TileConfig kConfig;

__mmask16 first_lanes(std::size_t count) {
  return static_cast<__mmask16>(count >= kTile ? 0xffffu : (1u << count) - 1);
}

// Pairs of contraction rows, as the tiles want them: to[pair][column], zeros beyond the edges.
// Groups of kTile columns lie one after the other.
TRAINYARD_AMX void pack_pairs(const std::uint16_t* from, std::size_t pitch, std::size_t rows,
                              std::size_t columns, std::size_t pairs, std::uint32_t* to) {
  for (std::size_t first = 0; first < columns; first += kTile) {
    const __mmask16 lanes = first_lanes(columns - first);
    for (std::size_t pair = 0; pair < pairs; ++pair, to += kTile) {
      const std::uint16_t* row = from + 2 * pair * pitch + first;
      const __mmask16 in_even = 2 * pair < rows ? lanes : __mmask16{0};
      const __mmask16 in_odd = 2 * pair + 1 < rows ? lanes : __mmask16{0};
      const __m256i even = _mm256_maskz_loadu_epi16(in_even, row);
      const __m256i odd = _mm256_maskz_loadu_epi16(in_odd, row + pitch);
      const __m512i high = _mm512_slli_epi32(_mm512_cvtepu16_epi32(odd), 16);
      _mm512_store_si512(to, _mm512_or_si512(_mm512_cvtepu16_epi32(even), high));
    }
  }
}

// Blocks of 16 x 16 pairs transposed in place: stationary's columns become the tile's rows. Each
// stage exchanges, within pairs of rows `step` apart, the squares of that size off the diagonal.
TRAINYARD_AMX void transpose_blocks(std::uint32_t* data, std::size_t blocks) {
  const __m512i lane = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  for (std::size_t b = 0; b < blocks; ++b, data += kTile * kTile) {
    __m512i row[kTile];
    for (std::size_t i = 0; i < kTile; ++i) row[i] = _mm512_load_si512(data + i * kTile);
#pragma GCC unroll 4
    for (std::size_t step = 1; step < kTile; step *= 2) {
      const __m512i offset = _mm512_set1_epi32(static_cast<int>(step));
      const __mmask16 upper = _mm512_test_epi32_mask(lane, offset);
      const __m512i other = _mm512_xor_si512(lane, offset);
      const __m512i second = _mm512_set1_epi32(kTile);
      const __m512i low = _mm512_mask_add_epi32(lane, upper, other, second);
      const __m512i high = _mm512_mask_add_epi32(other, upper, lane, second);
#pragma GCC unroll 16
      for (std::size_t i = 0; i < kTile; ++i) {
        if ((i & step) != 0) continue;
        const __m512i a = row[i];
        const __m512i c = row[i + step];
        row[i] = _mm512_permutex2var_epi32(a, low, c);
        row[i + step] = _mm512_permutex2var_epi32(a, high, c);
      }
    }
    for (std::size_t i = 0; i < kTile; ++i) _mm512_store_si512(data + i * kTile, row[i]);
  }
}

// The sum of one 32 x 32 block of `out`, into `sum` [4][16][16]: a 2 x 2 square of tiles.
TRAINYARD_AMX void square(const std::uint32_t* a, const std::uint32_t* b, std::size_t group,
                          std::size_t steps, float* sum) {
  constexpr std::size_t kStep = kTile * kTile;
  constexpr int kStride = kTile * kPairBytes;
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (std::size_t k = 0; k < steps; ++k) {
    _tile_loadd(4, a + k * kStep, kStride);
    _tile_loadd(5, a + group + k * kStep, kStride);
    _tile_loadd(6, b + k * kStep, kStride);
    _tile_loadd(7, b + group + k * kStep, kStride);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  _tile_stored(0, sum, kStride);
  _tile_stored(1, sum + kStep, kStride);
  _tile_stored(2, sum + 2 * kStep, kStride);
  _tile_stored(3, sum + 3 * kStep, kStride);
}

TRAINYARD_AMX void configure() {
  _tile_loadconfig(&kConfig);
}

TRAINYARD_AMX void release() {
  _tile_release();
}

TRAINYARD_AMX void write(const float* sum, std::size_t rows, std::size_t columns, float* out,
                         std::size_t out_pitch, GemmMode mode) {
  const __mmask16 lanes = first_lanes(columns);
  for (std::size_t m = 0; m < std::min(rows, kTile); ++m) {
    float* row = out + m * out_pitch;
    __m512 value = _mm512_load_ps(sum + m * kTile);
    if (mode == GemmMode::accumulate) {
      value = _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, row), value);
    }
    _mm512_mask_storeu_ps(row, lanes, value);
  }
}

}  // namespace

bool fast_gemm_available() {
  static const bool available = ask_for_tiles();
  return available;
}

void gemm_bf16_fast(const std::uint16_t* stationary, std::size_t stationary_pitch,
                    const std::uint16_t* moving, std::size_t moving_pitch, std::size_t rows,
                    std::size_t columns, std::size_t count, float* out, std::size_t out_pitch,
                    GemmMode mode) {
  if (!fast_gemm_available()) {
    throw Fault(FaultKind::not_modelled, "fast numerics need a host with AMX-BF16",
                "run without --numerics fast");
  }
  thread_local GemmScratch<std::uint32_t> scratch_a, scratch_b;
  const std::size_t steps = (rows + 2 * kTile - 1) / (2 * kTile);
  const std::size_t group = steps * kTile * kTile;  // packed pairs of 16 columns
  const auto groups = [](std::size_t n) { return (n + 2 * kTile - 1) / (2 * kTile) * 2; };
  std::uint32_t* a = scratch_a.at_least(groups(columns) * group);
  std::uint32_t* b = scratch_b.at_least(groups(count) * group);
  pack_pairs(stationary, stationary_pitch, rows, columns, steps * kTile, a);
  transpose_blocks(a, (columns + kTile - 1) / kTile * steps);
  pack_pairs(moving, moving_pitch, rows, count, steps * kTile, b);
  // A square reads two groups; the second may lie beyond the edge, where nothing was packed.
  const auto clear_last = [&](std::uint32_t* data, std::size_t n) {
    const std::size_t used = (n + kTile - 1) / kTile;
    std::fill(data + used * group, data + groups(n) * group, 0u);
  };
  clear_last(a, columns);
  clear_last(b, count);
  configure();
  alignas(64) float sum[4 * kTile * kTile];
  for (std::size_t n = 0; n < count; n += 2 * kTile) {
    for (std::size_t m = 0; m < columns; m += 2 * kTile) {
      square(a + m / kTile * group, b + n / kTile * group, group, steps, sum);
      for (std::size_t t = 0; t < 4; ++t) {
        const std::size_t first_m = m + t / 2 * kTile;
        const std::size_t first_n = n + t % 2 * kTile;
        if (first_m >= columns || first_n >= count) continue;
        write(sum + t * kTile * kTile, columns - first_m, count - first_n,
              out + first_m * out_pitch + first_n, out_pitch, mode);
      }
    }
  }
  release();
}

}  // namespace trainyard

#else

namespace trainyard {

bool fast_gemm_available() {
  return false;
}

void gemm_bf16_fast(const std::uint16_t*, std::size_t, const std::uint16_t*, std::size_t,
                    std::size_t, std::size_t, std::size_t, float*, std::size_t, GemmMode) {
  throw Fault(FaultKind::not_modelled, "fast numerics need a host with AMX-BF16",
              "run without --numerics fast");
}

}  // namespace trainyard

#endif
