// SPDX-License-Identifier: Apache-2.0
// A kernel of four instructions with a timeline made by hand, so that every count is known:
// dma_copy in, nc_matmul (128 x 128 x 512, bf16), tensor_copy PSUM to SBUF, dma_copy out.
#pragma once

#include <algorithm>
#include <new>
#include <string>
#include <utility>

#include "core/timeline.h"
#include "isa/instructions/collectives.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/nc_matmul.h"
#include "isa/instructions/tensor_copy.h"
#include "machine/machine.h"

namespace trainyard {

struct KernelFixture {
  static constexpr std::int64_t kK = 128, kM = 128, kN = 512;
  static constexpr std::int64_t kMacs = kK * kM * kN;
  static constexpr auto kSync = static_cast<std::uint8_t>(Engine::sync);
  static constexpr std::int64_t kInBytes = kK * kN * 2, kOutBytes = kM * kN * 4;

  Machine machine;
  Program program;
  Timeline timeline;

  explicit KernelFixture(const std::string& name = "trn2")
      : machine(load_machine(std::string(TRAINYARD_SOURCE_DIR) + "/machines/" + name + ".toml")) {
    program.name = "small_kernel";
    const View in = tensor("in", Space::hbm, kK, kN, DType::bfloat16, TensorRole::input);
    const View moving = tensor("moving", Space::sbuf, kK, kN, DType::bfloat16);
    const View weights = tensor("weights", Space::sbuf, kK, kM, DType::bfloat16);
    const View sum = tensor("sum", Space::psum, kM, kN, DType::float32);
    const View result = tensor("result", Space::sbuf, kM, kN, DType::float32);
    const View out = tensor("out", Space::hbm, kM, kN, DType::float32, TensorRole::output);

    transfer({.instruction = 0,
              .queue = kSync,
              .first_packet = us(1),
              .last_packet = us(3),
              .complete = us(4),
              .bytes = kInBytes,
              .hbm_read_bytes = kInBytes,
              .descriptors = kK,
              .engine_busy = {}});
    add(DmaCopy{.dst = moving, .src = in}, Engine::dma, 11,
        {.queued = {},
         .start = us(0),
         .busy_end = us(0.1),
         .end = us(4),
         .engine = Engine::sync,
         .transfer = 0});
    add(NcMatmul{.dst = sum,
                 .stationary = weights,
                 .moving = moving,
                 .accumulate = Accumulate::overwrite},
        Engine::tensor, 12,
        {.queued = {},
         .start = us(4),
         .busy_end = us(5),
         .end = us(5.2),
         .engine = Engine::tensor,
         .reason = WaitReason::operand,
         .waited_for = 0});
    add(TensorCopy{.dst = result, .src = sum}, Engine::vector, 13,
        {.queued = {},
         .start = us(5.2),
         .busy_end = us(6),
         .end = us(6.1),
         .engine = Engine::vector,
         .reason = WaitReason::operand,
         .waited_for = 1});
    transfer({.instruction = 3,
              .queue = kSync,
              .first_packet = us(7),
              .last_packet = us(9),
              .complete = us(9.5),
              .bytes = kOutBytes,
              .hbm_write_bytes = kOutBytes,
              .descriptors = kM,
              .engine_busy = {}});
    add(DmaCopy{.dst = out, .src = result}, Engine::dma, 14,
        {.queued = us(0.1),
         .start = us(6.1),
         .busy_end = us(6.2),
         .end = us(9.5),
         .engine = Engine::sync,
         .reason = WaitReason::operand,
         .waited_for = 2,
         .transfer = 1});
    timeline.total = us(10);
    timeline.tensor_clock = {{us(0), 1.0}};
    timeline.placement.sbuf_peak_bytes = 3328;
    timeline.placement.psum_peak_bytes = 2048;
  }
  KernelFixture(const KernelFixture&) = delete;

  // The result goes to another chip and one as large comes back, at the end.
  void add_exchange() {
    const View sent = static_cast<const TensorCopy*>(program.stream[2].operands)->dst;
    CollectivePermute exchange;
    exchange.source = exchange.target = 1;
    exchange.srcs.views[0] = exchange.dsts.views[0] = sent;
    exchange.srcs.size = exchange.dsts.size = 1;
    exchange.group = {.group = 0, .ranks = 2, .chips = 2};
    exchange.source = exchange.target = 1;
    add(exchange, Engine::sync, 15,
        {.queued = us(6.2),
         .start = us(6.2),
         .busy_end = us(6.8),
         .end = us(9),
         .engine = Engine::sync});
  }

  static Time us(double value) { return Time::from_us(value); }

 private:
  View tensor(const std::string& name, Space space, std::int64_t partitions, std::int64_t columns,
              DType dtype, TensorRole role = TensorRole::internal) {
    TensorInfo info;
    info.name = name;
    info.space = space;
    info.dtype = dtype;
    info.role = role;
    const auto row_bytes = columns * static_cast<std::int64_t>(dtype_bytes(dtype));
    if (on_chip(space)) info.partitions = static_cast<std::int32_t>(partitions);
    info.partition_bytes = on_chip(space) ? row_bytes : partitions * row_bytes;
    info.row_bytes = row_bytes;
    info.where = program.sources.intern("kernel.py", 5);
    program.tensors.push_back(info);
    Placed placed;
    placed.used = true;
    placed.last_use = 3;
    if (on_chip(space)) placed.byte = 0;
    timeline.placement.tensors.push_back(placed);

    View view;
    view.tensor = static_cast<TensorId>(program.tensors.size() - 1);
    view.dtype = dtype;
    view.space = space;
    view.rank = 2;
    view.dims[0] = {on_chip(space) ? 1 : static_cast<std::int32_t>(columns),
                    static_cast<std::int32_t>(partitions)};
    view.dims[1] = {1, static_cast<std::int32_t>(columns)};
    return view;
  }

  void transfer(Transfer transfer) {
    timeline.hbm_read_bytes += transfer.hbm_read_bytes;
    timeline.hbm_write_bytes += transfer.hbm_write_bytes;
    timeline.busy[static_cast<int>(Engine::dma)] += transfer.last_packet - transfer.first_packet;
    timeline.transfers.push_back(transfer);
  }

  template <class I>
  void add(const I& instruction, Engine engine, int line, Span span) {
    Recorded recorded;
    recorded.opcode = opcode_of<I>();
    recorded.engine = engine;
    recorded.queue = span.engine;
    recorded.where = program.sources.intern("kernel.py", line);
    recorded.operands = new (program.arena.allocate(sizeof(I), alignof(I))) I(instruction);
    const auto index = static_cast<std::uint32_t>(program.stream.size());
    program.stream.push_back(recorded);
    timeline.spans.push_back(span);
    timeline.order[static_cast<int>(span.engine)].push_back(index);
    timeline.busy[static_cast<int>(span.engine)] += span.busy_end - span.start;
  }
};

}  // namespace trainyard
