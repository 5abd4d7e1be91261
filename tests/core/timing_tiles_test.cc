// SPDX-License-Identifier: Apache-2.0
// Row and column tiles of the PE array: what lies apart on it runs side by side.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/hand_program.h"
#include "core/timeline.h"
#include "isa/instructions/all.h"

namespace trainyard {
namespace {

using testing::DoubleNear;

struct Tile {
  std::int32_t row = 0, column = 0, rows = 128, columns = 128;
};

IntList pair_of(std::int32_t a, std::int32_t b) {
  IntList list;
  list.size = 2;
  list.values[0] = a;
  list.values[1] = b;
  return list;
}

// `count` products of 512 moving columns, one after another on the given tiles, each with a PSUM
// tile of its own unless all add to one.
Timeline products_on(const std::vector<Tile>& tiles, int count, bool into_one = false,
                     const char* machine = "trn1") {
  HandProgram hand;
  hand.fixed_order = true;
  const Tile& any = tiles.front();
  const View weights = hand.sbuf({any.rows, any.columns}, DType::bfloat16);
  const View data = hand.sbuf({any.rows, 512}, DType::bfloat16);
  std::vector<View> sums;
  for (std::size_t i = 0; i < (into_one ? 1 : tiles.size()); ++i) {
    sums.push_back(hand.psum({any.columns, 512}, DType::float32));
  }
  for (int i = 0; i < count; ++i) {
    const std::size_t t = static_cast<std::size_t>(i) % tiles.size();
    hand.add(NcMatmul{.dst = sums[into_one ? 0 : t],
                      .stationary = weights,
                      .moving = data,
                      .tile_position = pair_of(tiles[t].row, tiles[t].column),
                      .tile_size = pair_of(tiles[t].rows, tiles[t].columns)},
             Engine::tensor);
  }
  return time_program(hand.program, load_machine(machine));
}

std::vector<Tile> column_tiles(std::int32_t columns) {
  std::vector<Tile> tiles;
  for (std::int32_t c = 0; c < 128; c += columns) tiles.push_back({0, c, 128, columns});
  return tiles;
}
std::vector<Tile> row_tiles(std::int32_t rows) {
  std::vector<Tile> tiles;
  for (std::int32_t r = 0; r < 128; r += rows) tiles.push_back({r, 0, rows, 128});
  return tiles;
}

double window_ns(const Timeline& timeline) {
  return (timeline.spans.back().busy_end - timeline.spans.front().start).ns();
}

TEST(array_tiles, as_many_products_run_at_once_as_there_are_tiles) {
  const double alone = window_ns(products_on({{0, 0, 128, 64}}, 64));
  for (const auto& tiles : {column_tiles(64), row_tiles(64)}) {
    // The first begin one after another, as their weights are loaded.
    EXPECT_THAT(window_ns(products_on(tiles, 64)), DoubleNear(alone / 2, 60));
  }
  const double quarter = window_ns(products_on({{0, 0, 128, 32}}, 64, false, "trn2"));
  for (const auto& tiles : {column_tiles(32), row_tiles(32)}) {
    const double four = window_ns(products_on(tiles, 64, false, "trn2"));
    EXPECT_LT(four, quarter * 0.4) << "the clock gate opens at another product";
  }
}

TEST(array_tiles, tiles_that_share_blocks_take_turns) {
  const Timeline timeline = products_on({{0, 0, 64, 128}, {0, 64, 128, 64}}, 8);
  for (std::size_t i = 1; i < timeline.spans.size(); ++i) {
    EXPECT_GE(timeline.spans[i].start, timeline.spans[i - 1].busy_end);
  }
}

TEST(array_tiles, rows_that_add_to_one_psum_tile_follow_each_other) {
  const Timeline timeline = products_on(row_tiles(64), 8, true);
  for (std::size_t i = 1; i < timeline.spans.size(); ++i) {
    EXPECT_GE(timeline.spans[i].start, timeline.spans[i - 1].busy_end);
  }
}

TEST(array_tiles, a_product_on_the_whole_array_waits_for_all_tiles) {
  std::vector<Tile> tiles = column_tiles(64);
  tiles.push_back({});
  for (Tile& tile : tiles) tile.rows = 128;
  HandProgram hand;
  hand.fixed_order = true;
  const View weights = hand.sbuf({128, 64}, DType::bfloat16);
  const View data = hand.sbuf({128, 512}, DType::bfloat16);
  for (const Tile& tile : tiles) {
    const View sum = hand.psum({64, 512}, DType::float32);
    hand.add(NcMatmul{.dst = sum,
                      .stationary = weights,
                      .moving = data,
                      .tile_position = pair_of(tile.row, tile.column),
                      .tile_size = pair_of(tile.rows, tile.columns)},
             Engine::tensor);
  }
  const Timeline timeline = time_program(hand.program, load_machine("trn1"));
  const auto& spans = timeline.spans;
  EXPECT_LT(spans[1].start, spans[0].busy_end);
  EXPECT_GE(spans[2].start, spans[1].busy_end);
}

TEST(array_tiles, the_engine_is_busy_once_however_many_tiles_run) {
  const Timeline timeline = products_on(column_tiles(64), 64);
  EXPECT_LE(timeline.busy[static_cast<std::size_t>(Engine::tensor)].ns(),
            window_ns(timeline) + 0.001);
  EXPECT_GE(timeline.busy[static_cast<std::size_t>(Engine::tensor)].ns(),
            window_ns(timeline) * 0.95);
}

}  // namespace
}  // namespace trainyard
