// SPDX-License-Identifier: Apache-2.0
// The power of a whole chip from the utilisation of its parts, by the same constants that account
// a kernel. This is how the constants were calibrated: the reference load meets what is published
// of Trainium2 (about 500 W) and of Trainium3 against it (40 % more efficient).
#pragma once

#include <vector>

#include "machine/headline.h"
#include "machine/machine.h"

namespace trainyard {

// Shares of what each part can do at most, 0 to 1.
struct Utilisation {
  double tensor = 0;  // matmuls in the best 8-bit format of the chip page
  double vector = 0, scalar = 0, gpsimd = 0;
  double hbm = 0, link = 0;

  bool idle() const { return tensor + vector + scalar + gpsimd + hbm + link == 0; }
};

inline constexpr Utilisation kReferenceLoad{
    .tensor = 0.9, .vector = 0.5, .scalar = 0.5, .gpsimd = 0.2, .hbm = 0.7, .link = 0.5};

struct ChipPower {
  double tensor_w = 0, sbuf_feed_w = 0, psum_w = 0;
  double vector_w = 0, scalar_w = 0, gpsimd_w = 0;  // with the bytes they move
  double hbm_w = 0, network_w = 0, link_w = 0;
  double standing_w = 0;

  double total_w() const {
    return tensor_w + sbuf_feed_w + psum_w + vector_w + scalar_w + gpsimd_w + hbm_w + network_w +
           link_w + standing_w;
  }
};

ChipPower chip_power(const Machine& machine, const Utilisation& load);

// Of the best 8-bit format, at the chip page's peak times load.tensor.
double flop_per_s(const Machine& machine, const Utilisation& load);

// Rows for `trainyard machine show` and `compare`: watts and efficiency at the reference load.
std::vector<Headline> energy_headlines(const Machine& machine);

}  // namespace trainyard
