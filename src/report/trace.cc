// SPDX-License-Identifier: Apache-2.0
#include "report/trace.h"

#include <array>
#include <map>

#include <fmt/format.h>

#include "report/memory_use.h"
#include "report/names.h"
#include "report/operands_text.h"
#include "report/trace_stream.h"

namespace trainyard {
namespace {

// Track numbers: small and fixed for engines and counters, then the rows of the DMA queues.
constexpr TraceStream::Track kWaits = 20, kCounters = 40, kComponentPower = 60, kTiles = 80,
                             kTransfers = 100;
enum Counter : TraceStream::Track { kSbufUse, kPsumUse, kHbmBandwidth, kPower, kTensorClock };

// Transfers of one queue and products on tiles of the array may overlap, slices of one track may
// not: each goes to the first free row.
struct DmaRows {
  std::vector<Time> free_at;
  TraceStream::Track first = 0;
};

class RunTrace {
 public:
  RunTrace(const RunResult& result, TraceStream& out) : result_(result), out_(out) {}

  void write() {
    find_waiters();
    out_.declare_process(
        fmt::format("{} on {}{}{}", result_.kernel, result_.machine.name, part_text(),
                    result_.numerics == NumericsMode::fast ? " (numerics: fast)" : ""));
    for (int e = 1; e < kEngineCount; ++e) write_engine(static_cast<Engine>(e));
    write_transfers();
    write_counters();
  }

 private:
  std::string part_text() const {
    if (result_.ranks > 1) return fmt::format(", rank {} core {}", result_.rank, result_.core);
    return result_.cores > 1 ? fmt::format(", core {}", result_.core) : "";
  }

  // waiters_[first_waiter_[i] .. first_waiter_[i + 1]) waited for instruction i.
  void find_waiters() {
    const auto& spans = result_.timeline.spans;
    first_waiter_.assign(spans.size() + 1, 0);
    for (const Span& span : spans) {
      if (span.waited_for != kNoInstruction) ++first_waiter_[span.waited_for + 1];
    }
    for (std::size_t i = 1; i < first_waiter_.size(); ++i) first_waiter_[i] += first_waiter_[i - 1];
    waiters_.resize(first_waiter_.back());
    std::vector<std::uint32_t> next(first_waiter_.begin(), first_waiter_.end() - 1);
    for (std::uint32_t i = 0; i < spans.size(); ++i) {
      if (spans[i].waited_for != kNoInstruction) waiters_[next[spans[i].waited_for]++] = i;
    }
  }

  // Two flows may end at an instruction: the wait, and from a dma_* to its transfer.
  std::uint64_t wait_flow(std::uint32_t waiter) const { return flow(waiter, 0); }
  std::uint64_t issue_flow(std::uint32_t issuer) const { return flow(issuer, 1); }
  std::uint64_t flow(std::uint32_t i, std::uint64_t kind) const {
    return static_cast<std::uint64_t>(result_.rank * result_.cores + result_.core) << 40 |
           (2 * std::uint64_t{i} + 2 + kind);
  }

  void start_wait_flows(std::uint32_t producer) {
    for (std::uint32_t w = first_waiter_[producer]; w < first_waiter_[producer + 1]; ++w) {
      out_.start_flow(wait_flow(waiters_[w]));
    }
  }

  void annotate_instruction(std::uint32_t i) {
    const Recorded& recorded = result_.program.stream[i];
    const SourcePlace& place = result_.program.sources.place(recorded.where);
    if (place.known()) out_.annotate("source", fmt::format("{}:{}", place.file, place.line));
    out_.annotate("operands", operands_text(result_.program, recorded));
    out_.annotate("instruction", i);
  }

  void write_engine(Engine engine) {
    const auto& queue = result_.timeline.order[static_cast<std::size_t>(engine)];
    if (queue.empty()) return;
    const auto track = static_cast<TraceStream::Track>(engine);
    out_.declare_track(track, engine_title(engine));
    out_.declare_track(kWaits + track, fmt::format("{} waits", engine_title(engine)));
    std::vector<Time> free_at{Time{}};
    for (const std::uint32_t i : queue) {
      const Span& span = result_.timeline.spans[i];
      std::size_t row = 0;
      while (row < free_at.size() && span.start < free_at[row]) ++row;
      const TraceStream::Track lane = row == 0 ? track : kTiles + row;
      if (row == free_at.size()) {
        free_at.push_back({});
        out_.declare_track(lane, fmt::format("{}, another tile", engine_title(engine)));
      }
      free_at[row] = span.busy_end;
      out_.begin(lane, span.start, instruction_name(result_.program.stream[i]));
      annotate_instruction(i);
      out_.annotate("retired after ns", (span.end - span.start).ns());
      out_.annotate("dynamic energy nJ",
                    static_cast<double>(result_.energy.instruction_fj[i]) * 1e-6);
      if (span.waited_for != kNoInstruction) out_.end_flow(wait_flow(i));
      if (span.transfer == kNoInstruction) {
        start_wait_flows(i);
      } else {
        out_.start_flow(issue_flow(i));
      }
      out_.end(lane, span.busy_end);
      if (span.reason != WaitReason::none) write_wait(kWaits + track, i);
    }
  }

  void write_wait(TraceStream::Track track, std::uint32_t i) {
    const Span& span = result_.timeline.spans[i];
    out_.begin(track, span.queued, wait_title(span.reason));
    out_.annotate("waiting", instruction_text(result_.program, i));
    if (span.waited_for != kNoInstruction) {
      out_.annotate("waited for", instruction_text(result_.program, span.waited_for));
    }
    out_.end(track, span.start);
  }

  void write_transfers() {
    std::map<std::uint8_t, DmaRows> queues;
    TraceStream::Track next = kTransfers;
    for (const Transfer& transfer : result_.timeline.transfers) {
      std::vector<Time>& free_at = queues[transfer.queue].free_at;
      std::size_t row = 0;
      while (row < free_at.size() && transfer.first_packet < free_at[row]) ++row;
      if (row == free_at.size()) free_at.push_back({});
      free_at[row] = transfer.complete;
    }
    for (auto& [queue, rows] : queues) {
      rows.first = next;
      for (Time& at : rows.free_at) {
        out_.declare_track(
            next++, fmt::format("DMA queue of {}", engine_title(static_cast<Engine>(queue))));
        at = {};
      }
    }
    for (const Transfer& transfer : result_.timeline.transfers) {
      DmaRows& rows = queues[transfer.queue];
      std::size_t row = 0;
      while (transfer.first_packet < rows.free_at[row]) ++row;
      rows.free_at[row] = transfer.complete;
      write_transfer(rows.first + row, transfer);
    }
  }

  void write_transfer(TraceStream::Track track, const Transfer& transfer) {
    const std::uint32_t i = transfer.instruction;
    const bool spill = i == kNoInstruction;
    out_.begin(track, transfer.first_packet,
               spill ? "spill" : instruction_name(result_.program.stream[i]));
    if (!spill) {
      annotate_instruction(i);
      out_.end_flow(issue_flow(i));
      start_wait_flows(i);
    }
    out_.annotate("bytes", static_cast<double>(transfer.bytes));
    out_.annotate("HBM bytes",
                  static_cast<double>(transfer.hbm_read_bytes + transfer.hbm_write_bytes));
    out_.annotate("descriptors", static_cast<double>(transfer.descriptors));
    out_.annotate("last packet after ns", (transfer.last_packet - transfer.first_packet).ns());
    out_.end(track, transfer.complete);
  }

  void write_counters() {
    write_memory(kSbufUse, "SBUF in use", Space::sbuf);
    write_memory(kPsumUse, "PSUM in use", Space::psum);
    write_bandwidth();
    out_.declare_counter(kCounters + kPower, "power", "W");
    const WindowGrid& grid = result_.energy.windows;
    for (std::size_t i = 0; i < grid.count; ++i) {
      out_.count(kCounters + kPower, grid.start(i), result_.energy.window_w(i));
    }
    out_.declare_counter(kCounters + kTensorClock, "TensorE clock", "GHz");
    for (const ClockPhase& phase : result_.timeline.tensor_clock) {
      out_.count(kCounters + kTensorClock, phase.start,
                 phase.share * result_.machine.tensor.clock_hz * 1e-9);
    }
    write_power_of_components();
  }

  void write_power_of_components() {
    const EnergyReport& energy = result_.energy;
    for (int c = 0; c < kComponentCount; ++c) {
      const auto component = static_cast<Component>(c);
      if (energy[component].fj == 0) continue;
      const TraceStream::Track track = kComponentPower + static_cast<TraceStream::Track>(c);
      out_.declare_counter(track, fmt::format("power: {}", component_title(component)), "W");
      for (std::size_t i = 0; i < energy.windows.count; ++i) {
        out_.count(track, energy.windows.start(i), energy.window_w(i, component));
      }
    }
  }

  void write_memory(Counter counter, const char* name, Space space) {
    out_.declare_counter(kCounters + counter, name, "B");
    for (const MemoryStep& step : memory_use(result_, space)) {
      out_.count(kCounters + counter, step.at, static_cast<double>(step.bytes));
    }
  }

  void write_bandwidth() {
    WindowSeries bytes(result_.energy.windows);
    for (const Transfer& transfer : result_.timeline.transfers) {
      bytes.add(transfer.first_packet, transfer.last_packet,
                transfer.hbm_read_bytes + transfer.hbm_write_bytes);
    }
    out_.declare_counter(kCounters + kHbmBandwidth, "HBM bandwidth", "GB/s");
    for (std::size_t i = 0; i < bytes.grid().count; ++i) {
      out_.count(kCounters + kHbmBandwidth, bytes.grid().start(i),
                 static_cast<double>(bytes.amounts()[i]) / bytes.grid().width(i).ns());
    }
  }

  const RunResult& result_;
  TraceStream& out_;
  std::vector<std::uint32_t> first_waiter_, waiters_;
};

}  // namespace

void write_trace(const RunResult& result, const std::string& path) {
  TraceStream out(path);
  write_trace(result, out);
  out.close();
}

void write_trace(const RunResult& result, TraceStream& out) {
  RunTrace(result, out).write();
}

}  // namespace trainyard
