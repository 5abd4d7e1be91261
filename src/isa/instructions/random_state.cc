// SPDX-License-Identifier: Apache-2.0
#include "isa/instructions/random_state.h"

#include "numerics/random.h"

namespace trainyard {
namespace {

// x, y, z, w, v are a shift register and must not all be 0; d is a Weyl sequence.
std::uint32_t next_word(std::uint32_t* s) {
  const std::uint32_t t = s[0] ^ (s[0] >> 2);
  s[0] = s[1];
  s[1] = s[2];
  s[2] = s[3];
  s[3] = s[4];
  s[4] = (s[4] ^ (s[4] << 4)) ^ (t ^ (t << 1));
  s[5] += 362437;
  return s[4] + s[5];
}

bool unseeded(const std::uint32_t* lane) {
  return (lane[0] | lane[1] | lane[2] | lane[3] | lane[4]) == 0;
}

void seed_lane(std::uint32_t seed, std::uint32_t lane_index, std::uint32_t* lane) {
  for (std::uint32_t block = 0; block < kLaneWords / 4; ++block) {
    const PhiloxCounter words = philox({block, lane_index, 0, 0}, {seed, 0});
    for (int i = 0; i < 4; ++i) lane[4 * block + i] = words[i];
  }
}

}  // namespace

int state_words(Engine engine) {
  return engine == Engine::gpsimd ? kGeneratorWords : kLaneWords;
}

std::uint32_t* seeded_state(CoreState& core, Engine engine) {
  std::uint32_t* state = core.random_state(engine);
  for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
    if (unseeded(state + lane * kLaneWords)) seed_lane(0, lane, state + lane * kLaneWords);
  }
  return state;
}

void seed_lanes(std::uint32_t seed, std::uint32_t* state) {
  for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
    seed_lane(seed, lane, state + lane * kLaneWords);
  }
}

void random_words(Engine engine, std::uint32_t* lane, std::size_t count, std::uint32_t* out) {
  const auto generators = static_cast<std::size_t>(state_words(engine) / kGeneratorWords);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = next_word(lane + i % generators * kGeneratorWords);
  }
}

}  // namespace trainyard
