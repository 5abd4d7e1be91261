// SPDX-License-Identifier: Apache-2.0
#include "claims/claims.h"

#include <algorithm>

#include <fmt/format.h>

#include "energy/energy_report.h"

namespace trainyard {
namespace {

constexpr double kTera = 1e12, kPeta = 1e15, kGib = 1024.0 * 1024 * 1024;
constexpr const char* kAws = "AWS, Trainium3 UltraServer launch, Dec 2025";
constexpr const char* kReinvent = "AWS re:Invent 2025, AIM3335";

double chips(const MeasuredMachine& of) {
  return static_cast<double>(of.machine.link.ultraserver_chips);
}

class ClaimList {
 public:
  ClaimList(const MeasuredMachine& base, const MeasuredMachine& next) : base_(base), next_(next) {}

  std::vector<Claim> run() {
    add_compute();
    add_bandwidth();
    add_capacity();
    add_efficiency();
    add_ultraserver_efficiency();
    add_tokens_per_megawatt();
    add_cluster();
    add_gpt_oss();
    for (Claim& claim : claims_) judge(claim);
    return std::move(claims_);
  }

 private:
  Claim& begin(const char* key, double factor, const char* said, const char* source) {
    Claim& claim = claims_.emplace_back();
    claim.key = key;
    claim.factor = factor;
    claim.said = said;
    claim.source = source;
    return claim;
  }

  // `value` of a machine's workload, in `scale` of `unit`.
  template <class Value>
  void read(const char* key, const char* text, ReadingKind kind, const char* unit, double scale,
            const char* base_workload, const char* next_workload, Value&& value) {
    claims_.back().readings.push_back({key, text, kind, unit, value(base_[base_workload]) / scale,
                                       value(next_[next_workload]) / scale});
  }
  template <class Value>
  void specify(const char* key, const char* text, const char* unit, Value&& value) {
    claims_.back().readings.push_back(
        {key, text, ReadingKind::specification, unit, value(base_), value(next_)});
  }

  void add_compute() {
    begin("compute", 4.4, "4.4 times the compute, UltraServer against UltraServer", kAws).why =
        "in bf16 a core is as fast as before: the UltraServer has 2.25 times the chips, and no "
        "more";
    specify("chip_pages", "chip pages: best 8-bit format", "PFLOP/s",
            [](const auto& of) { return chips(of) * of.machine.chip.peak_fp8_flop_per_s / kPeta; });
    const auto rate = [](const Measured& of) { return of.ultraserver_rate(); };
    read("gemm_8bit", "GEMM: fp8 double row; MXFP8", ReadingKind::time, "PFLOP/s", kPeta,
         "gemm_fp8", "gemm_mxfp8", rate);
    read("gemm_bf16", "GEMM: bf16 on both", ReadingKind::time, "PFLOP/s", kPeta, "gemm_bf16",
         "gemm_bf16", rate);
  }

  void add_bandwidth() {
    const auto reached = [](const MeasuredMachine& of) {
      return 100 * of["stream"].chip_rate / of.machine.hbm.bandwidth_bytes_per_s;
    };
    begin("memory_bandwidth", 3.9, "almost 4 times (3.9) the memory bandwidth, UltraServer", kAws)
        .why = fmt::format(
        "the DMA engines of a chip bring {:.0f} % of what its HBM gives on {}, {:.0f} % on {}",
        reached(base_), base_.machine.name, reached(next_), next_.machine.name);
    specify("chip_pages", "machine files: HBM", "TB/s", [](const auto& of) {
      return chips(of) * of.machine.hbm.bandwidth_bytes_per_s / kTera;
    });
    read("stream", "copy kernel, HBM to SBUF and back", ReadingKind::time, "TB/s", kTera, "stream",
         "stream", [](const Measured& of) { return of.ultraserver_rate(); });
  }

  void add_capacity() {
    begin("memory", 4, "4 times the memory, UltraServer", "news of the launch, Dec 2025").why =
        "1.5 times on a chip, 2.25 times the chips";
    specify("chip_pages", "machine files: HBM", "TiB", [](const auto& of) {
      return chips(of) * static_cast<double>(of.machine.hbm.capacity_bytes) / kGib / 1024;
    });
  }

  void add_efficiency() {
    begin("efficiency", 1.4, "40 % better energy efficiency", kAws).why =
        "it is one of 8-bit work at its peak: in bf16 both take nearly the same, and where the HBM "
        "sets the pace the same bytes cost nearly the same";
    const auto per_j = [](const Measured& of) { return of.chip_per_j(); };
    const auto system = [](const Measured& of) { return of.ultraserver_per_j(); };
    read("reference_chip", "reference load, 8-bit, chip", ReadingKind::energy, "TFLOP/J", kTera,
         "reference", "reference", per_j);
    read("reference_ultraserver", "reference load, 8-bit, UltraServer", ReadingKind::energy,
         "TFLOP/J", kTera, "reference", "reference", system);
    read("gemm_8bit", "GEMM: fp8 double row; MXFP8, chip", ReadingKind::energy, "TFLOP/J", kTera,
         "gemm_fp8", "gemm_mxfp8", per_j);
    read("gemm_bf16", "GEMM: bf16 on both, chip", ReadingKind::energy, "TFLOP/J", kTera,
         "gemm_bf16", "gemm_bf16", per_j);
    read("decode_same_bytes", "decode: fp8 weights on both, chip", ReadingKind::energy, "tokens/J",
         1, "decode_fp8", "decode_fp8", per_j);
  }

  // The readings of energy per token, at the wall of the UltraServer or of the building.
  template <class Value>
  void read_decode(const char* unit, double scale, Value&& value) {
    read("decode_4bit_bf16", "decode: bf16 copy of the weights; MXFP4 as they are",
         ReadingKind::energy, unit, scale, "decode_bf16", "decode_mxfp4", value);
    read("decode_4bit_fp8", "decode: fp8 copy of the weights; MXFP4 as they are",
         ReadingKind::energy, unit, scale, "decode_fp8", "decode_mxfp4", value);
    read("decode_same_bytes", "decode: fp8 weights on both", ReadingKind::energy, unit, scale,
         "decode_fp8", "decode_fp8", value);
  }

  void add_ultraserver_efficiency() {
    begin("ultraserver_efficiency", 4, "4 times the energy efficiency, UltraServer", kAws).why =
        "peak 8-bit work for a watt gains what a chip gains; 4 times needs a workload that "
        "Trainium2 runs in a wider format, as it must with 4-bit weights";
    const auto system = [](const Measured& of) { return of.ultraserver_per_j(); };
    read("reference", "reference load, 8-bit", ReadingKind::energy, "TFLOP/J", kTera, "reference",
         "reference", system);
    read("gemm_bf16_mxfp8", "GEMM: bf16; MXFP8", ReadingKind::energy, "TFLOP/J", kTera, "gemm_bf16",
         "gemm_mxfp8", system);
    read_decode("tokens/J", 1, system);
  }

  void add_tokens_per_megawatt() {
    begin("tokens_per_megawatt", 5, "over 5 times the tokens for a megawatt", kReinvent).why =
        "these are layers of weights at one batch size, with the PUE assumed; attention, routing "
        "and what a fixed latency allows need serving of whole models, which is not modelled";
    constexpr double kMega = 1e6;
    read_decode("million tokens/s/MW", 1,
                [](const Measured& of) { return of.per_facility_j() * kMega / 1e6; });
  }

  void add_cluster() {
    begin("cluster", 10, "UltraCluster 3.0: up to 1 million chips, 10 times as many", kAws).why =
        "a count of chips, by announcement; no work is run on a cluster here";
    specify("chips", "machine files: chips", "thousand chips", [](const auto& of) {
      return static_cast<double>(of.machine.link.ultracluster_chips) / 1000;
    });
    specify("compute", "chip pages: best 8-bit format", "EFLOP/s", [](const auto& of) {
      return static_cast<double>(of.machine.link.ultracluster_chips) *
             of.machine.chip.peak_fp8_flop_per_s / 1e18;
    });
  }

  void add_gpt_oss() {
    Claim& claim = begin("gpt_oss", 3, "3 times the throughput of a chip on GPT-OSS", kAws);
    claim.modelled = false;
    claim.why =
        "serving of whole models is not modelled, nor its latency (claimed: 4 times lower); shown "
        "is one layer of weights, decoded";
    const auto rate = [](const Measured& of) { return of.chip_rate; };
    read("decode_4bit_fp8", "decode: fp8 copy of the weights; MXFP4 as they are", ReadingKind::time,
         "tokens/s", 1, "decode_fp8", "decode_mxfp4", rate);
    read("decode_4bit_bf16", "decode: bf16 copy of the weights; MXFP4 as they are",
         ReadingKind::time, "tokens/s", 1, "decode_bf16", "decode_mxfp4", rate);
  }

  static void judge(Claim& claim) {
    for (Reading& reading : claim.readings) {
      const double error = 1 + kEnergyRatioErrorPercent / 100.0;
      const bool energy = reading.kind == ReadingKind::energy;
      reading.verdict = !claim.modelled ? Verdict::not_modelled
                        : reading.ratio() >= claim.factor * (1 - kClaimTolerance) ? Verdict::holds
                        : energy && reading.ratio() * error >= claim.factor
                            ? Verdict::within_error
                            : Verdict::does_not_hold;
    }
  }

  const MeasuredMachine& base_;
  const MeasuredMachine& next_;
  std::vector<Claim> claims_;
};

}  // namespace

int Claim::holding() const {
  return static_cast<int>(
      std::count_if(readings.begin(), readings.end(),
                    [](const Reading& reading) { return reading.verdict == Verdict::holds; }));
}

std::vector<Claim> claims_of(const MeasuredMachine& base, const MeasuredMachine& next) {
  return ClaimList(base, next).run();
}

std::string verdict_key(Verdict verdict) {
  constexpr const char* kKeys[] = {"holds", "within_error", "does_not_hold", "not_modelled"};
  return kKeys[static_cast<std::size_t>(verdict)];
}

std::string kind_key(ReadingKind kind) {
  constexpr const char* kKeys[] = {"specification", "time", "energy"};
  return kKeys[static_cast<std::size_t>(kind)];
}

}  // namespace trainyard
