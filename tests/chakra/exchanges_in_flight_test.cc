// SPDX-License-Identifier: Apache-2.0
#include "chakra/exchanges_in_flight.h"

#include <gtest/gtest.h>

#include <map>

namespace trainyard {
namespace {

// Begins and ends as they fall due, and when each has ended.
class Flights {
 public:
  struct Departure {
    double at_s, alone_s;
    std::vector<LinkUse> uses;
  };

  std::map<std::uint32_t, double> fly(const std::vector<Departure>& departures) {
    std::map<std::uint32_t, double> due, ended;
    ExchangesInFlight flights(4);
    const auto note = [&] {
      for (const auto& [name, end_s] : flights.moved()) due[name] = end_s;
    };
    for (std::uint32_t next = 0; next < departures.size() || !due.empty();) {
      auto first = due.begin();
      for (auto one = due.begin(); one != due.end(); ++one) {
        if (one->second < first->second) first = one;
      }
      if (next < departures.size() && (due.empty() || departures[next].at_s < first->second)) {
        const Departure& one = departures[next];
        flights.begin(next++, one.at_s, one.at_s + one.alone_s, one.uses);
      } else {
        const auto [name, end_s] = *first;
        due.erase(first);
        ended[name] = end_s;
        flights.end(name, end_s);
      }
      note();
    }
    slowed = flights.slowed();
    return ended;
  }

  bool slowed = false;
};

TEST(ExchangesInFlight, ThoseThatMeetNowhereTakeAsLongAsAlone) {
  Flights flights;
  const auto ended = flights.fly({{0, 10, {{0, 1}}}, {0.1, 0.3, {{1, 1}}}, {7, 1e-3, {{2, 0.5}}}});
  EXPECT_EQ(ended.at(0), 10);
  EXPECT_EQ(ended.at(1), 0.1 + 0.3);
  EXPECT_EQ(ended.at(2), 7 + 1e-3);
  EXPECT_FALSE(flights.slowed);
}

TEST(ExchangesInFlight, ThoseThatFitOnALinkTogetherDoNotSlowEachOther) {
  Flights flights;
  const auto ended = flights.fly({{0, 10, {{0, 0.5}}}, {0, 4, {{0, 0.5}, {1, 0.2}}}});
  EXPECT_EQ(ended.at(0), 10);
  EXPECT_EQ(ended.at(1), 4);
  EXPECT_FALSE(flights.slowed);
}

TEST(ExchangesInFlight, TwoThatWantAWholeLinkHaveHalfEach) {
  Flights flights;
  // Alone from 0 to 2, half of it from 2 to 8, alone for its last 5.
  const auto ended = flights.fly({{0, 10, {{0, 1}, {1, 1}}}, {2, 3, {{1, 1}, {2, 1}}}});
  EXPECT_NEAR(ended.at(1), 8, 1e-4);
  EXPECT_NEAR(ended.at(0), 13, 1e-4);
  EXPECT_TRUE(flights.slowed);
}

TEST(ExchangesInFlight, WhoWantsLittleGetsItAndTheRestIsTheOthers) {
  Flights flights;
  const auto ended = flights.fly({{0, 10, {{0, 1}}}, {0, 10, {{0, 0.3}}}});
  EXPECT_NEAR(ended.at(1), 10, 1e-3);
  EXPECT_NEAR(ended.at(0), 13, 1e-3);  // 7 of it beside the other
}

TEST(ExchangesInFlight, OneThatIsSlowElsewhereLeavesTheLinkToOthers) {
  Flights flights;
  // 0 and 1 share link 0 at half speed; 2 meets 1 on link 1, where 1 leaves a half.
  const auto ended = flights.fly({{0, 6, {{0, 1}}}, {0, 6, {{0, 1}, {1, 1}}}, {0, 6, {{1, 0.5}}}});
  EXPECT_NEAR(ended.at(0), 12, 1e-3);
  EXPECT_NEAR(ended.at(1), 12, 1e-3);
  EXPECT_NEAR(ended.at(2), 6, 1e-3);
}

}  // namespace
}  // namespace trainyard
