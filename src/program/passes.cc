// SPDX-License-Identifier: Apache-2.0
#include "program/passes.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "base/fault.h"

namespace trainyard {
namespace {

constexpr std::array<PassInfo, kPassCount> kPasses = {{
    {"psum-operands", "reads a tile in PSUM where it is, instead of a copy in SBUF (neuronxcc.nki)",
     "the copy is made"},
    {"common-values", "makes a tensor once that is given the same values again (neuronxcc.nki)",
     "it is made each time"},
    {"double-buffering", "gives a loop's next tile other bytes than this one's",
     "each tensor takes the lowest free bytes"},
    {"packing", "packs tensors by size where the order of their use leaves no room",
     "what does not fit in order spills, or is refused in PSUM"},
    {"spilling", "moves SBUF tensors to HBM and back where they do not all fit",
     "a kernel that needs more than SBUF is refused"},
    {"dma-queues", "deals DMAs out to the queues that can issue them",
     "SyncE issues them, and GpSimd those with software descriptors"},
    {"order",
     "reorders each queue: what is ready and has the longest way to the end goes first; TensorE of "
     "neuronxcc.nki: the first of the text",
     "queues keep the order of the program"},
    {"dma-split", "splits a DMA over all DMA engines", "each DMA stays on one of them, in turn"},
}};

}  // namespace

const PassInfo& pass_info(Pass pass) {
  return kPasses[static_cast<std::size_t>(pass)];
}

Pass pass_named(std::string_view name) {
  std::string names;
  for (int p = 0; p < kPassCount; ++p) {
    const std::string_view known = kPasses[static_cast<std::size_t>(p)].name;
    if (known == name) return static_cast<Pass>(p);
    names += names.empty() ? "" : ", ";
    names += known;
  }
  throw Fault(FaultKind::usage, fmt::format("there is no pass \"{}\"", name),
              "the passes are " + names);
}

}  // namespace trainyard
