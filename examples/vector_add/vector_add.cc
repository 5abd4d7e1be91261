// SPDX-License-Identifier: Apache-2.0
// c = a + b on one NeuronCore, written against the C++ kernel API. Prints the time on the machine
// and the hash of the Program:
//
//   trn3: 4 instructions, 20.5 us, program e5c5d1c6db77296d, c[5] = 15
#include <cinttypes>
#include <cstdio>
#include <vector>

#include "base/fault.h"
#include "core/neuron_core.h"
#include "core/timeline.h"
#include "isa/instructions/dma_copy.h"
#include "isa/instructions/tensor_tensor.h"
#include "program/hash.h"

namespace {

using namespace trainyard;

View vector_add(Builder& build, const View& a, const View& b,
                const std::vector<std::int64_t>& shape) {
  const View left = build.sbuf(shape, DType::float32);
  const View right = build.sbuf(shape, DType::float32);
  const View sum = build.sbuf(shape, DType::float32);
  const View c = build.hbm(shape, DType::float32, TensorRole::output);
  build(DmaCopy{.dst = left, .src = a});
  build(DmaCopy{.dst = right, .src = b});
  build(TensorTensor{.dst = sum, .data1 = left, .data2 = right, .op = AluOp::add});
  build(DmaCopy{.dst = c, .src = sum});
  return c;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Machine machine = load_machine(argc > 1 ? argv[1] : "trn3");
    const std::vector<std::int64_t> shape = {128, 512};
    std::vector<float> a(128 * 512), b(128 * 512);
    for (std::size_t i = 0; i < a.size(); ++i) {
      a[i] = static_cast<float>(i);
      b[i] = 2.0F * static_cast<float>(i);
    }
    NeuronCore core(machine);
    Builder build(machine, core, core);
    const View in_a = build.input(shape, DType::float32, reinterpret_cast<std::byte*>(a.data()));
    const View in_b = build.input(shape, DType::float32, reinterpret_cast<std::byte*>(b.data()));
    const View c = vector_add(build, in_a, in_b, shape);
    const Timeline timeline = time_program(build.program(), machine);
    const auto* result = reinterpret_cast<const float*>(core.data(c.tensor));
    std::printf("%s: %zu instructions, %.1f us, program %016" PRIx64 ", c[5] = %g\n",
                machine.name.c_str(), build.program().stream.size(), timeline.total.us(),
                program_hash(build.program()), static_cast<double>(result[5]));
    return 0;
  } catch (const Fault& fault) {
    std::fprintf(stderr, "vector_add: %s\n", fault.what());
    return static_cast<int>(fault.kind());
  }
}
