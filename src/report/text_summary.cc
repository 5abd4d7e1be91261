// SPDX-License-Identifier: Apache-2.0
#include "report/text_summary.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "energy/system_power.h"
#include "report/critical_path.h"
#include "report/hash.h"
#include "report/names.h"
#include "report/quantity.h"
#include "report/rates.h"
#include "report/totals.h"

namespace trainyard {
namespace {

constexpr std::array<Engine, 6> kShownEngines = {Engine::tensor, Engine::vector, Engine::scalar,
                                                 Engine::gpsimd, Engine::sync,   Engine::dma};
constexpr std::size_t kStalls = 5, kStallsVerbose = 20, kLinesVerbose = 20, kUnwrittenReads = 10,
                      kRaces = 10;
constexpr double kKi = 1024;

class Summary {
 public:
  Summary(const RunResult& result, bool verbose)
      : result_(result), verbose_(verbose), rates_(rates_of(result)), totals_(totals_of(result)) {}

  std::string text() {
    add_head();
    add_work();
    add_memory();
    add_engines();
    add_critical_path();
    add_stalls();
    if (verbose_) add_lines();
    add_energy();
    add_warnings();
    return text_;
  }

 private:
  template <typename... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }

  double share_of_run(Time time) const {
    const Time total = result_.timeline.total;
    return total.ps == 0 ? 0.0 : time.seconds() / total.seconds();
  }

  void add_head() {
    if (result_.ranks > 1) {
      line("rank {} of {}, core {} of {}", result_.rank, result_.ranks, result_.core,
           result_.cores);
    } else if (result_.cores > 1) {
      line("core {} of {}", result_.core, result_.cores);
    } else {
      line("{} on {} ({}, one NeuronCore): {}", result_.kernel.empty() ? "kernel" : result_.kernel,
           result_.machine.name, generation_name(result_.machine.generation),
           time_text(result_.timeline.total));
    }
    line("  instructions  {}, {} DMA transfers", count_text(result_.energy.counts.instructions),
         count_text(static_cast<std::int64_t>(result_.timeline.transfers.size())));
    if (verbose_) line("  hash          {}", hash_text(result_.hash));
    if (verbose_ && result_.wall_s > 0) {
      line("  on this host  {}, {:.0f} times the simulated time", quantity(result_.wall_s, "s"),
           result_.wall_s / result_.timeline.total.seconds());
    }
  }

  void add_work() {
    if (rates_.matmul_flop == 0) {
      line("  matmul        none");
      return;
    }
    std::string formats;
    for (const MacClass format : rates_.formats) {
      formats += formats.empty() ? "" : ", ";
      formats += mac_class_key(format);
    }
    line("  matmul        {} ({}) at {}", quantity(rates_.matmul_flop, "FLOP"), formats,
         quantity(rates_.matmul_flop_per_s, "FLOP/s"));
    line("  MFU           {} of the core's bf16 peak ({}), {} of the peak of its formats",
         percent(rates_.mfu_bf16), quantity(rates_.bf16_peak_flop_per_s, "FLOP/s"),
         percent(rates_.mfu_of_formats));
    if (rates_.gated_clock_share > 0) {
      line("  TensorE clock slowed by its gate for {} of the run",
           percent(rates_.gated_clock_share));
    }
  }

  void add_memory() {
    const Timeline& timeline = result_.timeline;
    line("  HBM           {} read, {} written: {}, {} of the core's share ({})",
         quantity(static_cast<double>(timeline.hbm_read_bytes), "B"),
         quantity(static_cast<double>(timeline.hbm_write_bytes), "B"),
         quantity(rates_.hbm_bytes_per_s, "B/s"), percent(rates_.hbm_share),
         quantity(rates_.hbm_peak_bytes_per_s, "B/s"));
    const auto kib = [](std::int64_t bytes) { return static_cast<double>(bytes) / kKi; };
    line(
        "  on chip       SBUF peak {:.1f} of {:.0f} KiB a partition, PSUM {:.1f} of {:.0f} KiB; {}",
        kib(timeline.placement.sbuf_peak_bytes), kib(result_.machine.sbuf.partition_size_bytes),
        kib(timeline.placement.psum_peak_bytes), kib(result_.machine.psum.partition_size_bytes()),
        spills_text());
  }

  std::string spills_text() const {
    const auto& spills = result_.timeline.placement.spills;
    if (spills.empty()) return "no spills";
    std::int64_t bytes = 0;
    for (const Spill& spill : spills) bytes += spill.bytes;
    return fmt::format("{} tensors spilled, {} moved", spills.size(),
                       quantity(static_cast<double>(bytes), "B"));
  }

  void add_engines() {
    std::string busy, waits;
    for (const Engine engine : kShownEngines) {
      const auto e = static_cast<std::size_t>(engine);
      fmt::format_to(std::back_inserter(busy), "  {} {}", engine_title(engine),
                     percent(share_of_run(result_.timeline.busy[e])));
      if (totals_.engines[e].waited.ps == 0) continue;
      fmt::format_to(std::back_inserter(waits), "  {} {}", engine_title(engine),
                     percent(share_of_run(totals_.engines[e].waited)));
    }
    line("  busy        {}", busy);
    if (!waits.empty()) line("  waiting     {}", waits);
    if (result_.timeline.table_loads > 0) {
      line("  ScalarE loaded activation tables {} times", count_text(result_.timeline.table_loads));
    }
  }

  std::string longest_text(const Stall& stall) const {
    const Span& span = result_.timeline.spans[stall.longest];
    std::string text =
        fmt::format("{} on {}", instruction_name(result_.program.stream[stall.longest]),
                    engine_title(span.engine));
    if (span.waited_for != kNoInstruction) {
      text += " for " + instruction_text(result_.program, span.waited_for);
    }
    return text;
  }

  void add_critical_path() {
    const std::vector<PathShare> path = critical_path(result_);
    const std::size_t shown = std::min(path.size(), verbose_ ? kStallsVerbose : kStalls);
    if (shown == 0) return;
    line("critical path (time, share of the run, line, times, instruction)");
    for (std::size_t i = 0; i < shown; ++i) {
      line("  {:>9}  {:>7}  {}  {}x  {}", time_text(path[i].time),
           percent(share_of_run(path[i].time)),
           short_place(result_.program.sources.place(path[i].where)), count_text(path[i].times),
           entry(path[i].opcode).info.name);
    }
  }

  void add_stalls() {
    const std::size_t shown = std::min(totals_.stalls.size(), verbose_ ? kStallsVerbose : kStalls);
    if (shown == 0) return;
    line("top waits (time, share of the run, line, times, reason, longest)");
    for (std::size_t i = 0; i < shown; ++i) {
      const Stall& stall = totals_.stalls[i];
      line("  {:>9}  {:>7}  {}  {}x  {}: {}", time_text(stall.waited),
           percent(share_of_run(stall.waited)),
           short_place(result_.program.sources.place(stall.where)), count_text(stall.times),
           wait_title(stall.reason), longest_text(stall));
    }
  }

  void add_lines() {
    std::vector<LineTotal> lines = totals_.lines;
    std::stable_sort(lines.begin(), lines.end(), [](const LineTotal& a, const LineTotal& b) {
      return b.total.busy < a.total.busy;
    });
    lines.resize(std::min(lines.size(), kLinesVerbose));
    line("busiest source lines (engine time, waits, instructions, joules without standing power)");
    for (const LineTotal& of : lines) {
      line("  {:>9}  {:>9}  {:>9}  {:>9}  {}", time_text(of.total.busy), time_text(of.total.waited),
           count_text(of.total.instructions), quantity(of.total.joules(), "J"),
           short_place(result_.program.sources.place(of.where)));
    }
  }

  void add_energy() {
    const EnergyReport& energy = result_.energy;
    line(
        "energy {}, {} on average, peak {} in a window of {} (model: absolute +-{} %, ratios +-{} "
        "%)",
        quantity(energy.joules(), "J"), quantity(energy.average_w(), "W"),
        quantity(energy.peak_w, "W"), time_text(energy.windows.window), kEnergyErrorPercent,
        kEnergyRatioErrorPercent);
    for (int c = 0; c < kComponentCount; ++c) {
      const auto component = static_cast<Component>(c);
      const ComponentEnergy& part = energy[component];
      if (part.fj == 0 && !verbose_) continue;
      line("  {:<24}{:>10} {:>8}  {:>10}  peak {:>10}", component_title(component),
           quantity(part.joules(), "J"),
           percent(energy.fj == 0 ? 0.0
                                  : static_cast<double>(part.fj) / static_cast<double>(energy.fj)),
           quantity(energy.average_w(component), "W"), quantity(part.peak_w, "W"));
    }
    line("  idle and active: 1/{} of the chip's {:.0f} W and {:.0f} W", result_.machine.chip.cores,
         result_.machine.energy.idle_w, result_.machine.energy.active_w);
    add_system_power();
  }

  void add_system_power() {
    const ChipRun chip = chip_run(result_.energy, result_.machine);
    const auto power = ultraserver_power(result_.machine, chip);
    line("  chip, {} such cores at once: {} (board input {}){}{}", chip.cores,
         quantity(chip.watts(), "W"), quantity(chip.board_watts(), "W"),
         chip.slowdown > 1 ? fmt::format(", {:.2f} times as long: HBM is shared", chip.slowdown)
                           : "",
         power ? fmt::format("; UltraServer of {}: {}, at the facility {}", power->chips,
                             quantity(power->it_w(), "W"), quantity(power->facility_w(), "W"))
               : "");
    if (!verbose_) return;
    line("  dense data; mostly zeros would take {}",
         quantity(result_.energy.joules_of_zero_data(), "J"));
    for (const std::string& one : energy_assumptions(result_.machine)) line("  assumed: {}", one);
  }

  // Its name, or where it was made.
  std::string tensor_text(TensorId id) const {
    const TensorInfo& info = result_.program.tensor(id);
    if (!info.name.empty()) return "'" + info.name + "'";
    const SourcePlace& made = result_.program.sources.place(info.where);
    return made.known() ? "the tensor of " + short_place(made) : "a tensor";
  }

  void add_races() {
    const auto& races = result_.races;
    const auto text = [](const Race::Side& side) {
      return fmt::format("{} {}", short_place(side.place), side.writes ? "writes" : "reads");
    };
    for (std::size_t i = 0; i < std::min(races.size(), kRaces); ++i) {
      const Race& race = races[i];
      line(
          "warning: race: {} {} on core {}, {} the same bytes on core {}, in no order (put a "
          "core_barrier between)",
          text(race.earlier), race.tensor.empty() ? "a tensor" : "'" + race.tensor + "'",
          race.earlier.core, text(race.later), race.later.core);
    }
    if (races.size() > kRaces) line("warning: {} more races", races.size() - kRaces);
  }

  void add_warnings() {
    const auto& reads = result_.unwritten_reads;
    for (std::size_t i = 0; i < std::min(reads.size(), kUnwrittenReads); ++i) {
      const SourcePlace& place = result_.program.sources.place(reads[i].where);
      line("warning: {}: {} reads {} where nothing was written (memset it first)",
           short_place(place), instruction_name(result_.program.stream[reads[i].instruction]),
           tensor_text(reads[i].tensor));
    }
    if (reads.size() > kUnwrittenReads) {
      line("warning: {} more reads of what was never written", reads.size() - kUnwrittenReads);
    }
    const auto& overwritten = result_.overwritten_reads;
    for (std::size_t i = 0; i < std::min(overwritten.size(), kUnwrittenReads); ++i) {
      const OverwrittenRead& read = overwritten[i];
      line(
          "warning: {}: {} reads {}, whose bytes {} wrote last, at {} (their addresses overlap: "
          "move "
          "one, or write the first again)",
          short_place(result_.program.sources.place(read.where)),
          instruction_name(result_.program.stream[read.instruction]), tensor_text(read.tensor),
          tensor_text(read.writer), short_place(result_.program.sources.place(read.written_at)));
    }
    if (overwritten.size() > kUnwrittenReads) {
      line("warning: {} more reads of overwritten bytes", overwritten.size() - kUnwrittenReads);
    }
    add_races();
    if (result_.numerics == NumericsMode::fast) {
      line("numerics: fast (host matrix units; sums are not in the exact mode's order)");
    }
  }

  const RunResult& result_;
  bool verbose_;
  Rates rates_;
  Totals totals_;
  std::string text_;
};

}  // namespace

std::string text_summary(const RunResult& result, bool verbose) {
  return Summary(result, verbose).text();
}

}  // namespace trainyard
