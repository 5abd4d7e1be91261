// SPDX-License-Identifier: Apache-2.0
// The DMA engines of a core and the HBM they share: each engine serves packets in order of
// arrival, a transfer's packets are dealt out over the engines of its partitions.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "machine/machine.h"
#include "program/work.h"

namespace trainyard {

// A stack of HBM, which serves bytes in order of arrival, for all cores next to it.
class HbmStack {
 public:
  explicit HbmStack(const Machine& machine);
  // When the last of `bytes` that arrive now has gone through.
  Time carry(std::int64_t bytes, Time arrival);

 private:
  const double ps_per_byte_;
  std::int64_t free_ps_ = 0;
};

class DmaEngines {
 public:
  // `split`: a transfer is split over the engines of its partitions; else it stays on one.
  DmaEngines(const Machine& machine, bool split, HbmStack& hbm);

  struct Carried {
    Time first_packet, last_packet, complete;
    Time engine_busy;  // summed over the engines
  };
  // `arrival`: its descriptors reach the engines. Arrivals must not go back.
  Carried carry(const DmaTransfer& transfer, Time arrival);

  // Mean over the engines.
  Time busy() const;

 private:
  // What one engine carries of a transfer.
  struct Part {
    std::int64_t packets, hold_ps, until_free_ps;
  };
  Part part(const DmaTransfer& transfer, std::int64_t packets) const;

  std::vector<std::int64_t> free_ps_;
  std::size_t next_ = 0;  // engine of the next packet, of transfers that may use any
  std::int64_t busy_ps_ = 0;
  const bool split_;
  Time ring_free_;                   // GpSimd's ring of descriptors: one transfer at a time
  const std::int64_t semaphore_ps_;  // each engine signals with one small packet
  const std::int64_t completion_ps_;
  HbmStack& hbm_;
};

}  // namespace trainyard
