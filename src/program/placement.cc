// SPDX-License-Identifier: Apache-2.0
#include "program/placement.h"

#include <algorithm>
#include <limits>

#include "program/accesses.h"
#include "program/address_space.h"
#include "program/live_tensors.h"
#include "program/region.h"
#include "program/spill.h"

namespace trainyard {
namespace {

// Offline packing compares every pair of tensors.
constexpr std::size_t kPackedMax = 8192;
// A tensor that lives for more than this share of the stream lies apart from those that come and
// go.
constexpr std::uint32_t kLongLivedShare = 8;
// A rest is found to one part in so many.
constexpr std::uint32_t kRestSteps = 16;

struct Memory {
  Space space;
  std::int64_t bytes, bank_bytes;
};

// Instructions that the bytes of a tensor rest after its last use, before another tensor takes
// them.
using Rest = std::uint32_t;
constexpr Rest kForEver = std::numeric_limits<Rest>::max();

class OneSpace {
 public:
  OneSpace(const Program& program, const Memory& memory, Placement& placement)
      : program_(program),
        memory_(memory),
        placement_(placement),
        live_(live_tensors(program, placement, memory.space)),
        by_end_(sorted_by_use(live_.free, program.stream.size(),
                              [&](TensorId id) { return placed(id).last_use; })) {}

  const LiveTensors& live() const { return live_; }

  // True if everything fits.
  bool place(const PassSet& passes) {
    return (passes.has(Pass::double_buffering) && place_rested()) || place_in_order(0) ||
           (passes.has(Pass::packing) && pack());
  }

  // After `place` has failed.
  [[noreturn]] void refuse() {
    refuse_placement(program_, placement_, memory_.space, memory_.bytes, failed_,
                     placed(failed_).first_use);
  }

  std::int64_t peak() const { return peak_; }

 private:
  // The longest rest that there is room for, up to what the scheduler looks ahead: what comes next
  // need not wait for what is still being read.
  bool place_rested() {
    if (place_in_order(kForEver) || place_in_order(kScheduleWindow)) return true;
    Rest fits = 0, too_long = kScheduleWindow;
    while (too_long - fits > 1 + fits / kRestSteps) {
      const Rest middle = fits + (too_long - fits) / 2;
      (place_in_order(middle) ? fits : too_long) = middle;
    }
    return fits > 0 && place_in_order(fits);
  }

  // In order of first use; true if everything fits. Bytes of fixed tensors stay theirs all along.
  bool place_in_order(Rest rest) {
    AddressSpace space(memory_.bytes, memory_.bank_bytes);
    for (TensorId id : live_.fixed) space.reserve(placed(id).byte, bytes(id));
    auto ending = by_end_.begin(), rested = ending;
    std::int64_t live = space.used(), peak = live;
    for (TensorId id : live_.free) {
      const std::uint32_t now = placed(id).first_use;
      for (; ending != by_end_.end() && placed(*ending).last_use < now; ++ending) {
        live -= bytes(*ending);
      }
      for (; rested != ending && now - placed(*rested).last_use > rest; ++rested) {
        space.release(placed(*rested).byte, bytes(*rested));
      }
      placed(id).byte =
          space.allocate(bytes(id), rest > 0 && long_lived(id) ? Fit::highest : Fit::lowest);
      if (placed(id).byte < 0) {
        failed_ = id;
        return false;
      }
      live += bytes(id);
      peak = std::max(peak, live);
    }
    peak_ = peak;
    return true;
  }

  // Largest first, each at the lowest address that is free during its whole life.
  bool pack() {
    if (live_.free.size() + live_.fixed.size() > kPackedMax) return false;
    std::vector<TensorId> order = live_.free;
    std::stable_sort(order.begin(), order.end(),
                     [&](TensorId a, TensorId b) { return bytes(a) > bytes(b); });
    std::vector<TensorId> done = live_.fixed;
    peak_ = 0;
    for (TensorId id : done) peak_ = std::max(peak_, placed(id).byte + bytes(id));
    for (TensorId id : order) {
      AddressSpace space(memory_.bytes, memory_.bank_bytes);
      for (TensorId other : done) {
        const bool together = placed(other).first_use <= placed(id).last_use &&
                              placed(id).first_use <= placed(other).last_use;
        if (together) space.reserve(placed(other).byte, bytes(other));
      }
      placed(id).byte = space.allocate(bytes(id), Fit::lowest);
      if (placed(id).byte < 0) return false;
      peak_ = std::max(peak_, placed(id).byte + bytes(id));
      done.push_back(id);
    }
    return true;
  }

  Placed& placed(TensorId id) { return placement_.tensors[id]; }
  std::int64_t bytes(TensorId id) const { return program_.tensors[id].partition_bytes; }
  bool long_lived(TensorId id) {
    return placed(id).last_use - placed(id).first_use > program_.stream.size() / kLongLivedShare;
  }

  const Program& program_;
  const Memory memory_;
  Placement& placement_;
  const LiveTensors live_;
  const std::vector<TensorId> by_end_;  // the free ones, by last use
  TensorId failed_ = kNoTensor;
  std::int64_t peak_ = 0;
};

std::int64_t place_sbuf(const Program& program, const AccessTable& accesses, const Machine& machine,
                        const PassSet& passes, Placement& placement) {
  const std::int64_t capacity = machine.sbuf.allocatable_bytes();
  OneSpace sbuf(program, {Space::sbuf, capacity, 0}, placement);
  if (sbuf.place(passes)) return sbuf.peak();
  if (!passes.has(Pass::spilling)) sbuf.refuse();
  return place_with_spills(program, accesses, sbuf.live(), capacity, placement);
}

std::int64_t place_psum(const Program& program, const Machine& machine, const PassSet& passes,
                        Placement& placement) {
  OneSpace psum(program,
                {Space::psum, machine.psum.partition_size_bytes(), machine.psum.bank_size_bytes},
                placement);
  if (!psum.place(passes)) psum.refuse();
  return psum.peak();
}

// Arguments and results live as long as the kernel; the others from first to last use.
std::int64_t hbm_peak(const Program& program, const Placement& placement) {
  std::int64_t always = 0;
  std::vector<std::pair<std::uint32_t, std::int64_t>> changes;
  for (TensorId id = 0; id < program.tensors.size(); ++id) {
    const TensorInfo& info = program.tensors[id];
    if (info.space != Space::hbm) continue;
    const Placed& placed = placement.tensors[id];
    if (info.role != TensorRole::internal) {
      always += info.partition_bytes;
    } else if (placed.used) {
      changes.emplace_back(placed.first_use, info.partition_bytes);
      changes.emplace_back(placed.last_use + 1, -info.partition_bytes);
    }
  }
  std::sort(changes.begin(), changes.end());
  std::int64_t now = always, peak = always;
  for (const auto& [when, change] : changes) {
    now += change;
    peak = std::max(peak, now);
  }
  for (const Spill& spill : placement.spills) {
    const TensorInfo& info = program.tensors[spill.tensor];
    peak += info.partition_bytes * info.partitions;
  }
  return peak;
}

}  // namespace

Placement place(const Program& program, const AccessTable& accesses, const Machine& machine,
                const PassSet& passes) {
  Placement placement;
  find_lifetimes(program, accesses, placement);
  placement.psum_peak_bytes = place_psum(program, machine, passes, placement);
  placement.sbuf_peak_bytes = place_sbuf(program, accesses, machine, passes, placement);
  placement.hbm_peak_bytes = hbm_peak(program, placement);
  return placement;
}

Placement place(const Program& program, const Machine& machine) {
  return place(program, AccessTable(program), machine);
}

}  // namespace trainyard
