// SPDX-License-Identifier: Apache-2.0
// Trainium2's Tensor Engine: windows of 6.8 us, full clock after one with enough work of the array.
#include "core/clock_gate.h"

#include <gtest/gtest.h>

#include "machine/machine.h"

namespace trainyard {
namespace {

constexpr double kWindowNs = 6827;

// The share of the full clock after ten windows in which products take `busy` of the time and have
// `rows` of the array, `side_by_side` of them at once.
double clock_after(double busy, double rows, int side_by_side = 1) {
  ClockGate gate(load_machine("trn2").tensor);
  const double step_ns = 200;
  for (double at_ns = 0; at_ns < 10 * kWindowNs; at_ns += step_ns) {
    for (int tile = 0; tile < side_by_side; ++tile) {
      gate.issue(Time::from_ns(at_ns), Time::from_ns(at_ns + busy * step_ns), rows);
    }
  }
  return 1.0 / gate.stretch(Time::from_ns(10 * kWindowNs));
}

// The measured windows of attention, whose products have all rows (machine.md section 2).
TEST(ClockGate, ProductsOfAllRowsGiveFullClockFromABusyShareOnly) {
  for (const double share : {0.61, 0.73, 0.88}) EXPECT_EQ(clock_after(share, 1.0), 1.0) << share;
  for (const double share : {0.21, 0.35, 0.51}) EXPECT_EQ(clock_after(share, 1.0), 0.5) << share;
}

// NKIBench's bmm has 64 rows: only an array that never rests comes to full clock.
TEST(ClockGate, ProductsOfHalfTheRowsGiveFullClockWithoutABreakOnly) {
  EXPECT_EQ(clock_after(1.00, 0.5), 1.0);
  EXPECT_EQ(clock_after(0.93, 0.5), 0.5);
  EXPECT_EQ(clock_after(1.00, 0.25), 0.5);
}

TEST(ClockGate, RowTilesSideBySideCountTogether) {
  EXPECT_EQ(clock_after(0.75, 0.5, 2), 1.0);
  EXPECT_EQ(clock_after(0.75, 0.5, 1), 0.5);
  EXPECT_EQ(clock_after(0.50, 0.5, 2), 0.5);
}

TEST(ClockGate, AnIdleArrayFallsBack) {
  ClockGate gate(load_machine("trn2").tensor);
  gate.issue(Time{}, Time::from_ns(2 * kWindowNs), 1.0);
  EXPECT_EQ(gate.stretch(Time::from_ns(2 * kWindowNs)), 1.0);
  EXPECT_EQ(gate.stretch(Time::from_ns(4 * kWindowNs)), 2.0);
}

}  // namespace
}  // namespace trainyard
