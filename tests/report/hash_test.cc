// SPDX-License-Identifier: Apache-2.0
#include "report/hash.h"

#include <gtest/gtest.h>

#include "report/result_fixture.h"

namespace trainyard {
namespace {

std::uint64_t hash_of(const KernelFixture& kernel, std::uint64_t values = 1) {
  return hash_run(kernel.timeline, account_energy(kernel.program, kernel.timeline, kernel.machine),
                  values);
}

TEST(HashOfARun, IsTheSameForTheSameRun) {
  EXPECT_EQ(hash_of(KernelFixture()), hash_of(KernelFixture()));
}

TEST(HashOfARun, TellsOnePicosecondOneFemtojouleAndOneValueApart) {
  const std::uint64_t hash = hash_of(KernelFixture());
  KernelFixture later;
  later.timeline.spans[2].end.ps += 1;
  EXPECT_NE(hash_of(later), hash);
  KernelFixture hungrier;
  hungrier.machine.energy.vector_op_pj += 1e-3;
  EXPECT_NE(hash_of(hungrier), hash);
  EXPECT_NE(hash_of(KernelFixture(), 2), hash);
}

TEST(HashOfBytes, SeesEveryByteAndTheLength) {
  std::byte bytes[11] = {};
  const std::uint64_t hash = hash_bytes(bytes, 11);
  EXPECT_NE(hash_bytes(bytes, 10), hash);
  for (std::byte& byte : bytes) {
    byte = std::byte{1};
    EXPECT_NE(hash_bytes(bytes, 11), hash);
    byte = std::byte{0};
  }
  EXPECT_EQ(hash_bytes(bytes, 11), hash);
}

TEST(HashOfBytes, IsTheSameOnEveryHost) {
  const std::byte bytes[3] = {std::byte{'a'}, std::byte{'b'}, std::byte{'c'}};
  EXPECT_EQ(hash_text(hash_bytes(bytes, 3)), "dd7616f65502b591");
}

}  // namespace
}  // namespace trainyard
