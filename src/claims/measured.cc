// SPDX-License-Identifier: Apache-2.0
#include "claims/measured.h"

#include <algorithm>
#include <cctype>

#include "base/fault.h"
#include "claims/kernels.h"
#include "claims/reference_kernel.h"

namespace trainyard {
namespace {

// "MXFP8" -> "mxfp8".
std::string key_of(Format format) {
  std::string key = format_info(format).name;
  std::transform(key.begin(), key.end(), key.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return key;
}

// `amount`: what one core did in the run.
Measured read(const Machine& machine, std::string workload, std::string unit, const SteadyRun& run,
              double amount) {
  const ChipRun chip = chip_run(machine, run.seconds(), run.joules(), run.standing_j(),
                                static_cast<double>(run.hbm_bytes));
  Measured measured;
  measured.workload = std::move(workload);
  measured.unit = std::move(unit);
  measured.chip_rate = amount * static_cast<double>(chip.cores) / chip.seconds;
  measured.chip_w = chip.watts();
  measured.power = ultraserver_power(machine, chip).value_or(UltraServerPower{});
  return measured;
}

double flop(const SteadyRun& run) {
  return 2 * static_cast<double>(run.macs);
}

}  // namespace

const Measured& MeasuredMachine::operator[](const std::string& workload) const {
  const auto found = std::find_if(workloads.begin(), workloads.end(),
                                  [&](const Measured& one) { return one.workload == workload; });
  if (found == workloads.end()) throw Fault(FaultKind::internal, "no workload " + workload);
  return *found;
}

MeasuredMachine measure(const std::string& name) {
  MeasuredMachine measured;
  const Machine& machine = measured.machine = load_machine(name);
  const auto add = [&](const std::string& workload, const char* unit, const SteadyRun& run,
                       double amount) {
    measured.workloads.push_back(read(machine, workload, unit, run, amount));
  };
  const SteadyRun reference = run_reference(machine).run;
  add("reference", "FLOP", reference, flop(reference));
  const SteadyRun stream = run_stream(machine);
  add("stream", "B", stream, static_cast<double>(stream.hbm_bytes));
  for (const Format format : {Format::bf16, best_8bit_format(machine)}) {
    const SteadyRun run = run_gemm(machine, format);
    add("gemm_" + key_of(format), "FLOP", run, flop(run));
  }
  const bool mx = format_info(best_8bit_format(machine)).mx;
  for (const Format format : {Format::bf16, Format::fp8, Format::mxfp4}) {
    if (format_info(format).mx && !mx) continue;
    const SteadyRun run = run_decode(machine, format);
    // A product is a weight for a token.
    add("decode_" + key_of(format), "tokens", run, static_cast<double>(run.macs) / kDecodeWeights);
  }
  return measured;
}

}  // namespace trainyard
