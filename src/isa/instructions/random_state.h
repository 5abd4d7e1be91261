// SPDX-License-Identifier: Apache-2.0
// The random generator of an engine: XORWOW (Marsaglia, "Xorshift RNGs", 2003), per lane one
// generator of six words on GpSimd and four on VectorE, which take turns.
#pragma once

#include <cstddef>
#include <cstdint>

#include "isa/core_state.h"

namespace trainyard {

inline constexpr int kGeneratorWords = 6;
inline constexpr int kLaneWords = 24;  // of CoreState::random_state
inline constexpr int kLanes = 128;

// The words an engine keeps of each lane: 6 or 24.
int state_words(Engine engine);

// The state of all lanes; lanes that were never seeded get a fixed seed of their own.
std::uint32_t* seeded_state(CoreState& core, Engine engine);

// Every lane of VectorE from one word.
void seed_lanes(std::uint32_t seed, std::uint32_t* state);

// The next `count` words of one lane.
void random_words(Engine engine, std::uint32_t* lane, std::size_t count, std::uint32_t* out);

// A word as a float in [0, 1), of its upper 24 bits.
inline float unit_float(std::uint32_t word) {
  return static_cast<float>(word >> 8) * 0x1p-24F;
}

}  // namespace trainyard
