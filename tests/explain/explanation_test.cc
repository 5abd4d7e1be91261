// SPDX-License-Identifier: Apache-2.0
#include "explain/explanation.h"

#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "core/hand_program.h"
#include "isa/instructions/all.h"

namespace trainyard {
namespace {

const Machine& trn2() {
  static const Machine machine = load_machine("trn2");
  return machine;
}

LogicalRun run_of(const HandProgram& hand, const PassSet& passes = {}) {
  Timeline timeline = time_program(hand.program, trn2(), {passes, {}});
  EnergyReport energy = account_energy(hand.program, timeline, trn2());
  LogicalRun run;
  run.cores.push_back({.kernel = "by hand",
                       .machine = trn2(),
                       .program = hand.program,
                       .timeline = std::move(timeline),
                       .energy = std::move(energy),
                       .unwritten_reads = {},
                       .overwritten_reads = {},
                       .races = {},
                       .passes = passes});
  return run;
}

// Loads, copies and stores tiles of `width` columns, all in one pair of buffers or each in its own.
HandProgram streaming(int count, std::int32_t width, bool one_buffer) {
  HandProgram hand;
  const View in = hand.hbm({128, count * width}, DType::float32, TensorRole::input);
  const View out = hand.hbm({128, count * width}, DType::float32, TensorRole::output);
  View a, b;
  for (int i = 0; i < count; ++i) {
    hand.line = 10;
    if (i == 0 || !one_buffer) {
      a = hand.sbuf({128, width}, DType::float32);
      b = hand.sbuf({128, width}, DType::float32);
    }
    hand.line = 11;
    hand.add(DmaCopy{.dst = a, .src = columns(in, i * width, width)}, Engine::dma);
    hand.line = 12;
    hand.add(TensorCopy{.dst = b, .src = a}, Engine::vector);
    hand.line = 13;
    hand.add(DmaCopy{.dst = columns(out, i * width, width), .src = b}, Engine::dma);
  }
  return hand;
}

HandProgram computing() {
  HandProgram hand;
  const View a = hand.sbuf({128, 4096}, DType::float32);
  const View b = hand.sbuf({128, 4096}, DType::float32);
  for (int i = 0; i < 32; ++i) hand.add(TensorCopy{.dst = b, .src = a}, Engine::vector);
  return hand;
}

const Advice* advice_of(const Explanation& why, std::string_view kind) {
  for (const Advice& advice : why.advice) {
    if (advice.kind == kind) return &advice;
  }
  return nullptr;
}

TEST(bound, of_back_to_back_copies_is_the_engine) {
  const HandProgram hand = computing();
  const LogicalRun run = run_of(hand);
  const Explanation why = explain(run);
  EXPECT_EQ(why.bound.kind, BoundKind::compute);
  EXPECT_EQ(why.bound.engine, Engine::vector);
}

TEST(bound, of_a_stream_in_large_tiles_is_the_memory_and_of_one_tile_the_latency) {
  EXPECT_EQ(explain(run_of(streaming(32, 2048, false))).bound.kind, BoundKind::memory);
  EXPECT_EQ(explain(run_of(streaming(1, 16, false))).bound.kind, BoundKind::latency);
}

TEST(bound, of_engines_that_take_turns_is_the_dependency) {
  HandProgram hand;
  const View a = hand.sbuf({128, 2048}, DType::float32);
  const View b = hand.sbuf({128, 2048}, DType::float32);
  for (int i = 0; i < 16; ++i) {
    hand.add(TensorCopy{.dst = b, .src = a}, Engine::vector);
    hand.add(TensorCopy{.dst = a, .src = b}, Engine::scalar);
  }
  EXPECT_EQ(explain(run_of(hand)).bound.kind, BoundKind::dependency);
}

TEST(critical_path_parts, add_up_to_the_run) {
  for (const bool one_buffer : {false, true}) {
    const HandProgram hand = streaming(8, 512, one_buffer);
    const LogicalRun run = run_of(hand);
    const PathSplit path = explain(run).path;
    EXPECT_EQ(path.start_up + path.compute + path.dma + path.latency, run.total());
  }
}

TEST(roofline, of_a_product_has_its_flop_and_its_bytes) {
  HandProgram hand;
  const View in = hand.hbm({128, 512}, DType::bfloat16, TensorRole::input);
  const View data = hand.sbuf({128, 512}, DType::bfloat16);
  const View sum = hand.psum({128, 512}, DType::float32);
  hand.add(DmaCopy{.dst = data, .src = in}, Engine::dma);
  hand.add(NcMatmul{.dst = sum, .stationary = columns(data, 0, 128), .moving = data},
           Engine::tensor);
  const Roofline roofline = explain(run_of(hand)).roofline;
  EXPECT_EQ(roofline.flop, 2.0 * 128 * 128 * 512);
  EXPECT_EQ(roofline.hbm_bytes, 128.0 * 512 * 2);
  EXPECT_EQ(roofline.intensity_flop_per_byte, 128);
  EXPECT_NEAR(roofline.compute_roof_flop_per_s, 78.6e12, 0.1e12);
  EXPECT_LT(roofline.attainable_flop_per_s(), roofline.compute_roof_flop_per_s);
}

TEST(passes, are_told_with_what_they_gain_and_what_was_left_out) {
  const HandProgram hand = streaming(16, 128, false);
  const PassSet fewer = PassSet().without(Pass::dma_split);
  const LogicalRun run = run_of(hand, fewer);
  for (const PassEffect& effect : explain(run).passes) {
    EXPECT_EQ(effect.on, effect.pass != Pass::dma_split);
    if (!effect.on || changes_program(effect.pass)) continue;
    ASSERT_TRUE(effect.known);
    const Time without = time_program(hand.program, trn2(), {fewer.without(effect.pass), {}}).total;
    EXPECT_EQ(effect.gain, without - run.total()) << pass_info(effect.pass).name;
  }
}

TEST(advice, comes_largest_gain_first_with_the_lines_that_it_is_about) {
  const Explanation why = explain(run_of(streaming(64, 64, true)));
  ASSERT_GE(why.advice.size(), 2u);
  for (std::size_t i = 1; i < why.advice.size(); ++i) {
    EXPECT_LE(why.advice[i].gain, why.advice[i - 1].gain);
  }
  const Advice* serialised = advice_of(why, "serialised");
  ASSERT_NE(serialised, nullptr);
  EXPECT_EQ(serialised->places.front().at.line, 10);
  const Advice* small = advice_of(why, "small_dma");
  ASSERT_NE(small, nullptr);
  EXPECT_THAT(small->found, ::testing::HasSubstr("128 DMAs"));
  EXPECT_THAT(small->found, ::testing::HasSubstr("256 B"));
  EXPECT_EQ(small->places.size(), 2u);
}

TEST(advice, is_not_given_where_nothing_would_gain) {
  EXPECT_TRUE(explain(run_of(streaming(32, 2048, false))).advice.empty());
}

TEST(advice, on_a_kernels_own_trip_through_hbm_is_its_time_without_it) {
  HandProgram trip, direct;
  for (HandProgram* hand : {&trip, &direct}) {
    const View kept = hand->hbm({128, 8192}, DType::float32, TensorRole::internal);
    const View out = hand->hbm({128, 8192}, DType::float32, TensorRole::output);
    const View a = hand->sbuf({128, 8192}, DType::float32);
    const View b = hand->sbuf({128, 8192}, DType::float32);
    hand->add(Memset{.dst = a}, Engine::vector);
    if (hand == &trip) {
      hand->add(DmaCopy{.dst = kept, .src = a}, Engine::dma);
      hand->add(DmaCopy{.dst = b, .src = kept}, Engine::dma);
    }
    hand->add(DmaCopy{.dst = out, .src = hand == &trip ? b : a}, Engine::dma);
  }
  const LogicalRun run = run_of(trip);
  const Explanation why = explain(run);
  const Advice* advice = advice_of(why, "hbm_round_trip");
  ASSERT_NE(advice, nullptr);
  EXPECT_EQ(run.total() - advice->gain, run_of(direct).total());
}

void collect_keys(const nlohmann::json& json, std::set<std::string>& keys) {
  for (const auto& [key, value] : json.items()) {
    if (json.is_object()) keys.insert(key);
    if (value.is_structured()) collect_keys(value, keys);
  }
}

TEST(explanation_json, has_no_key_that_the_document_does_not_describe) {
  const HandProgram hand = streaming(64, 64, true);
  const LogicalRun run = run_of(hand);
  const Explanation why = explain(run);
  const nlohmann::json json = nlohmann::json::parse(
      run_json(run, [&](JsonWriter& writer) { write_explanation(why, writer); }));
  std::set<std::string> keys;
  collect_keys(json["explain"], keys);
  std::ifstream file(std::string(TRAINYARD_SOURCE_DIR) + "/docs/json.md");
  std::stringstream document;
  document << file.rdbuf();
  for (const std::string& key : keys) {
    EXPECT_THAT(document.str(), ::testing::HasSubstr("`" + key + "`"));
  }
}

}  // namespace
}  // namespace trainyard
