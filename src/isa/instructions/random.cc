// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/random.h"

#include <fmt/format.h>

#include "isa/engine_cost.h"
#include "isa/instructions/elementwise.h"
#include "isa/instructions/operand_rules.h"
#include "isa/instructions/random_state.h"

namespace trainyard {
namespace {

constexpr DTypeSet kState = dtypes(DType::uint32);

// The state's size says whose it is.
EngineSet state_engines(const Machine& machine, const View& state) {
  const std::int64_t words = state.elements_per_partition();
  if (words == kGeneratorWords && !in_psum(state)) return EngineSet::of(Engine::gpsimd);
  if (words == kLaneWords && machine.generation >= Generation::gen4) {
    return EngineSet::of(Engine::vector);
  }
  return {};
}

// nki.isa: engine=engine.gpsimd where none is named.
EngineSet unless_named(EngineSet legal) {
  return legal.has(Engine::gpsimd) ? EngineSet::of(Engine::gpsimd) : EngineSet{};
}

void check_state(const CheckContext& context, const char* name, const View& state) {
  const std::int64_t words = state.elements_per_partition();
  if (words != kGeneratorWords && words != kLaneWords) {
    refuse(name, fmt::format("must have 6 or 24 elements per partition, not {}", words),
           "6 words are a lane of GpSimd, 24 one of VectorE");
  }
  if (words == kLaneWords) {
    require_generation(context, Generation::gen4, name, "the random state of VectorE");
  } else {
    refuse_psum(name, state, "6 words are a lane of GpSimd, which has no access to PSUM");
  }
}

Cost random_cost(const Machine& machine, Engine engine, const View& view,
                 double words_per_cycle = 1.0) {
  EngineWork work;
  work.cycles = static_cast<double>(view.elements_per_partition()) *
                stride_cycles(machine, {&view}) / words_per_cycle;
  work.lane_ops = view.elements();
  return engine_cost(machine, engine, work);
}

// The next words of lanes [first, first + n), `count` in all.
void next_words(Engine engine, std::uint32_t* state, std::int32_t first, std::int32_t n,
                std::size_t count, std::uint32_t* out) {
  const std::size_t elements = count / static_cast<std::size_t>(n);
  for (std::int32_t p = first; p < first + n; ++p, out += elements) {
    random_words(engine, state + p * kLaneWords, elements, out);
  }
}

}  // namespace

void Rng::visit(ParamVisitor& v) {
  v.tile({.name = "dst",
          .touch = Touch::write,
          .dtypes = dtypes(DType::int8, DType::int16, DType::int32, DType::uint8, DType::uint16,
                           DType::uint32)},
         dst);
}

EngineSet Rng::engines(const Machine& machine) const {
  const EngineSet vector = EngineSet::of(Engine::vector);
  return machine.generation == Generation::gen2 || in_psum(dst) ? vector : vector | Engine::gpsimd;
}

void Rng::check(const CheckContext&) const {}

void Rng::execute(CoreState& core, Engine engine) const {
  std::uint32_t* state = seeded_state(core, engine);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to);
  auto* words = reinterpret_cast<std::uint32_t*>(core.scratch(0, groups.floats()));
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    next_words(engine, state, first, n, count, words);
    store_rows_bits(to, first, n, words);
  });
}

Cost Rng::cost(const Machine& machine, Engine engine) const {
  return random_cost(machine, engine, dst);
}

void Rand2::visit(ParamVisitor& v) {
  constexpr DTypeSet kTo{dtypes(DType::float8_e4m3, DType::float8_e5m2, DType::float16,
                                DType::bfloat16, DType::float32, DType::tfloat32, DType::int8,
                                DType::int16, DType::int32, DType::uint8, DType::uint16,
                                DType::uint32)
                             .bits};
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kTo}, dst);
  v.scalar({.name = "min"}, min);
  v.scalar({.name = "max"}, max);
}

void Rand2::check(const CheckContext&) const {
  require_lane_operand("min", min, "dst", dst);
  require_lane_operand("max", max, "dst", dst);
  if (min.kind == ScalarOperand::Kind::number && max.kind == ScalarOperand::Kind::number &&
      !(min.number < max.number)) {
    refuse("min", fmt::format("must be less than max: {} and {}", min.number, max.number),
           "exchange them");
  }
}

void Rand2::execute(CoreState& core, Engine engine) const {
  std::uint32_t* state = seeded_state(core, engine);
  const LaneValues low(core, min);
  const LaneValues high(core, max);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to);
  auto* words = reinterpret_cast<std::uint32_t*>(core.scratch(0, groups.floats()));
  float* x = core.scratch(1, groups.floats());
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    next_words(engine, state, first, n, count, words);
    const std::size_t elements = count / static_cast<std::size_t>(n);
    std::size_t i = 0;
    for (std::int32_t p = first; p < first + n; ++p) {
      const float width = high[p] - low[p];
      for (const std::size_t end = i + elements; i < end; ++i) {
        x[i] = low[p] + unit_float(words[i]) * width;
      }
    }
    core.store_rows(to, first, n, x);
  });
}

Cost Rand2::cost(const Machine& machine, Engine engine) const {
  return random_cost(machine, engine, dst, machine.vector.random_words_per_cycle);
}

void Dropout::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kValueDTypes}, dst);
  v.tile({.name = "data", .dtypes = kValueDTypes}, data);
  v.scalar({.name = "prob"}, prob);
}

void Dropout::check(const CheckContext&) const {
  require_same_size("data", data, "dst", dst);
  require_same_dtype("dst", dst, "data", data);
  require_lane_operand("prob", prob, "data", data, is_integer(data.dtype) ? kFloat32Only : kFloats);
}

void Dropout::execute(CoreState& core, Engine engine) const {
  std::uint32_t* state = seeded_state(core, engine);
  const LaneValues probability(core, prob);
  const Rows from = core.access(data, Touch::read);
  const Rows to = core.access(dst, Touch::write);
  const RowGroups groups(to, {&from});
  auto* bits = reinterpret_cast<std::uint32_t*>(core.scratch(0, groups.floats()));
  auto* words = reinterpret_cast<std::uint32_t*>(core.scratch(1, groups.floats()));
  groups.each([&](std::int32_t first, std::int32_t n, std::size_t count) {
    load_rows_bits(from, first, n, bits);
    next_words(engine, state, first, n, count, words);
    const std::size_t elements = count / static_cast<std::size_t>(n);
    std::size_t i = 0;
    for (std::int32_t p = first; p < first + n; ++p) {
      const float drop = probability[p];
      for (const std::size_t end = i + elements; i < end; ++i) {
        if (unit_float(words[i]) < drop) bits[i] = 0;  // 0 has the bits 0 in every dtype here
      }
    }
    store_rows_bits(to, first, n, bits);
  });
}

Cost Dropout::cost(const Machine& machine, Engine engine) const {
  return random_cost(machine, engine, data);
}

void SetRngSeed::visit(ParamVisitor& v) {
  v.tile({.name = "src_seeds", .dtypes = dtypes(DType::int32, DType::uint32, DType::float32)},
         src_seeds);
}

void SetRngSeed::check(const CheckContext&) const {
  if (src_seeds.elements() != 1) {
    refuse("src_seeds", fmt::format("must be one word, not {}", shape_text(src_seeds)),
           "give a (1, 1) tile; rand_set_state seeds lanes one by one");
  }
}

void SetRngSeed::execute(CoreState& core, Engine engine) const {
  const Rows from = core.access(src_seeds, Touch::read);
  std::uint32_t seed = 0;
  load_rows_bits(from, 0, 1, &seed);
  seed_lanes(seed, core.random_state(engine));
}

Cost SetRngSeed::cost(const Machine& machine, Engine engine) const {
  return random_cost(machine, engine, src_seeds);
}

void RandSetState::visit(ParamVisitor& v) {
  v.tile({.name = "src_seeds", .spaces = kSbuf, .dtypes = kState}, src_seeds);
}

EngineSet RandSetState::engines(const Machine& machine) const {
  return state_engines(machine, src_seeds);
}

EngineSet RandSetState::automatic_engines(const Machine& machine) const {
  return unless_named(engines(machine));
}

void RandSetState::check(const CheckContext& context) const {
  check_state(context, "src_seeds", src_seeds);
}

void RandSetState::execute(CoreState& core, Engine engine) const {
  std::uint32_t* state = core.random_state(engine);
  const Rows from = core.access(src_seeds, Touch::read);
  for (std::int32_t p = 0; p < from.partitions; ++p) {
    load_rows_bits(from, p, 1, state + p * kLaneWords);
  }
}

Cost RandSetState::cost(const Machine& machine, Engine engine) const {
  return random_cost(machine, engine, src_seeds);
}

void RandGetState::visit(ParamVisitor& v) {
  v.tile({.name = "dst", .touch = Touch::write, .dtypes = kState}, dst);
}

EngineSet RandGetState::engines(const Machine& machine) const {
  return state_engines(machine, dst);
}

EngineSet RandGetState::automatic_engines(const Machine& machine) const {
  return unless_named(engines(machine));
}

void RandGetState::check(const CheckContext& context) const {
  check_state(context, "dst", dst);
}

void RandGetState::execute(CoreState& core, Engine engine) const {
  const std::uint32_t* state = seeded_state(core, engine);
  const Rows to = core.access(dst, Touch::write);
  for (std::int32_t p = 0; p < to.partitions; ++p) {
    store_rows_bits(to, p, 1, state + p * kLaneWords);
  }
}

Cost RandGetState::cost(const Machine& machine, Engine engine) const {
  return random_cost(machine, engine, dst);
}

}  // namespace trainyard
