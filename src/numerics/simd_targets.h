// SPDX-License-Identifier: Apache-2.0
// Which instruction sets the vector kernels of this room are compiled for: AVX-512, AVX2 (or NEON)
// and the scalar fallback. Those between only cost compile time. Include before any hwy header.
#pragma once

#include "hwy/detect_compiler_arch.h"

#define HWY_DISABLED_TARGETS \
  (HWY_AVX3_DL | HWY_SSE4 | HWY_SSSE3 | HWY_SVE2_128 | HWY_SVE_256 | HWY_SVE2 | HWY_SVE | HWY_RVV)
