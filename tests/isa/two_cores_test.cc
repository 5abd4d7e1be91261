// SPDX-License-Identifier: Apache-2.0
// sendrecv and core_barrier as core 0 of two sees them.
#include "isa/instructions/two_cores.h"

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <map>

#include "isa/fake_core.h"

namespace trainyard {
namespace {

class OtherCore final : public Peers {
 public:
  int self() const override { return 0; }
  int count() const override { return 2; }
  void send(Channel channel, int to, Message message) override {
    sent.push_back({channel, to});
    last = std::move(message);
  }
  bool wait_for(Channel channel, int from) override {
    const bool there = from == 1 && !coming[channel].empty();
    waits = !there;
    return there;
  }
  Message receive(Channel channel, int) override {
    Message message = std::move(coming[channel].front());
    coming[channel].pop_front();
    return message;
  }
  void meet(Channel, int participants) override { met = participants; }
  bool resumed() const override { return again; }

  std::map<Channel, std::deque<Message>> coming;
  std::vector<std::pair<Channel, int>> sent;
  Message last;
  bool waits = false, again = false;
  int met = 0;
};

Peers::Message bytes_of(const std::vector<float>& values) {
  auto message = std::make_shared<std::vector<std::byte>>(values.size() * sizeof(float));
  std::memcpy(message->data(), values.data(), message->size());
  return message;
}

class TwoCores : public ::testing::Test {
 protected:
  void SetUp() override { core.set_peers(&other); }

  FakeCore core;
  OtherCore other;
  View src = core.sbuf({2, 2}), dst = core.sbuf({2, 2});
  SendRecv exchange{.src = src,
                    .dst = dst,
                    .send_to_rank = {.value = 1},
                    .recv_from_rank = {.value = 1},
                    .pipe_id = {.value = 5}};
};

TEST_F(TwoCores, ExchangeTilesOverAPipe) {
  core.write(src, {1, 2, 3, 4});
  other.coming[5].push_back(bytes_of({5, 6, 7, 8}));
  core.run(exchange);
  EXPECT_EQ(core.read(dst), (std::vector<float>{5, 6, 7, 8}));
  EXPECT_EQ(*other.last, *bytes_of({1, 2, 3, 4}));
  EXPECT_EQ(other.met, 2);
}

TEST_F(TwoCores, WaitForEachOtherAndSendOnce) {
  core.write(src, {1, 2, 3, 4});
  core.run(exchange);
  EXPECT_TRUE(other.waits);
  EXPECT_EQ(core.written(dst), CoreState::Written::none);
  other.again = true;
  other.coming[5].push_back(bytes_of({5, 6, 7, 8}));
  core.run(exchange);
  EXPECT_EQ(other.sent.size(), 1u);
  EXPECT_EQ(core.read(dst)[3], 8);
}

TEST_F(TwoCores, RefuseTilesOfAnotherSizeAndRanksThatAreNot) {
  core.write(src, {1, 2, 3, 4});
  other.coming[5].push_back(bytes_of({5, 6}));
  EXPECT_THROW(core.run(exchange), Fault);
  exchange.recv_from_rank.value = 2;
  EXPECT_THROW(core.run(exchange), Fault);
  exchange.recv_from_rank.value = 1;
  exchange.dst = core.sbuf({2, 2}, DType::bfloat16);
  EXPECT_THROW(core.run(exchange), Fault);
}

TEST_F(TwoCores, GpsimdsDmaMovesLittle) {
  exchange.src = core.sbuf({2, 257});
  exchange.dst = core.sbuf({2, 257});
  exchange.dma_engine = DmaEngine::gpsimd_dma;
  EXPECT_THROW(core.run(exchange), Fault);
}

TEST_F(TwoCores, PassABarrierTogether) {
  CoreBarrier barrier{.data = core.hbm({4}), .cores = {.size = 2, .values = {0, 1}}};
  core.run(barrier);
  EXPECT_TRUE(other.waits);
  other.again = true;
  other.coming[other.sent.front().first].push_back(nullptr);
  core.run(barrier);
  EXPECT_FALSE(other.waits);
}

TEST(OneCore, HasNoneToExchangeWithAndPassesBarriers) {
  FakeCore core;
  EXPECT_THROW(core.run(SendRecv{.src = core.sbuf({1, 1}), .dst = core.sbuf({1, 1})}), Fault);
  EXPECT_NO_THROW(core.run(CoreBarrier{.data = core.hbm({4})}));
}

}  // namespace
}  // namespace trainyard
