// SPDX-License-Identifier: Apache-2.0
// Views against patterns worked out by hand from the documents (nki-language-guide.rst, "Tensor
// Indexing"; nki-aps.rst) and from nki-surface.md 4.2.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "program/tile_fixture.h"

namespace trainyard {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(TileIndexing, AWholeTensorStepsPartitionsByItsFreeSize) {
  const Tile t = sbuf({128, 64});
  EXPECT_THAT(pattern_of(t), ElementsAre(Pair(64, 128), Pair(1, 64)));
  EXPECT_EQ(t.offset(), 0);
  EXPECT_TRUE(t.is_contiguous());
}

TEST(TileIndexing, SlicingOnChipKeepsTheStrides) {
  const Tile u = sbuf({128, 64}).slice(1, 8, 24, 1);
  EXPECT_THAT(pattern_of(u), ElementsAre(Pair(64, 128), Pair(1, 16)));
  EXPECT_EQ(u.offset(), 8);
}

TEST(TileIndexing, OnChipTheFirstDimensionNeverDrops) {
  const Tile t = sbuf({64, 64, 64});
  EXPECT_EQ(shape_of(at(t, {index(0), index(0), index(10)})), Shape({1, 1}));
  EXPECT_EQ(shape_of(at(t, {all(), index(0)})), Shape({64, 64}));
  EXPECT_EQ(shape_of(at(t, {all(), index(0), index(10)})), Shape({64, 1}));
  EXPECT_EQ(shape_of(at(t, {index(3), ellipsis(), all()})), Shape({1, 64, 64}));
  EXPECT_EQ(at(t, {all(), index(0), index(10)}).offset(), 10);
  EXPECT_EQ(at(t, {index(3)}).view().partition, 3);
}

TEST(TileIndexing, HbmDropsIndexedDimensionsButOne) {
  const Tile t = hbm({4, 8, 16});
  EXPECT_EQ(shape_of(at(t, {index(1)})), Shape({8, 16}));
  EXPECT_EQ(at(t, {index(1)}).offset(), 128);
  EXPECT_EQ(shape_of(at(t, {ellipsis(), index(-1)})), Shape({4, 8}));
  EXPECT_EQ(shape_of(at(t, {index(1), index(2), index(3)})), Shape({1}));
  EXPECT_EQ(at(t, {index(1), index(2), index(3)}).offset(), 128 + 32 + 3);
}

TEST(TileIndexing, StepsNegativeEndsAndNewAxesAreAsInNumpy) {
  const Tile t = sbuf({128, 10});
  EXPECT_THAT(pattern_of(at(t, {all(), range(IndexItem::kOpen, IndexItem::kOpen, 3)})),
              ElementsAre(Pair(10, 128), Pair(3, 4)));
  EXPECT_EQ(shape_of(at(t, {all(), range(-3, IndexItem::kOpen)})), Shape({128, 3}));
  EXPECT_EQ(shape_of(at(t, {all(), new_axis(), all()})), Shape({128, 1, 10}));
  EXPECT_EQ(shape_of(at(t, {range(0, 128, 2)})), Shape({64, 10}));
}

TEST(TileIndexing, WhatIsOutsideIsToldWithBothNumbers) {
  const Tile t = sbuf({128, 512});
  EXPECT_THAT(told([&] { t.slice(1, 512, 600, 1); }), AllOf(HasSubstr("512"), HasSubstr("600")));
  EXPECT_THAT(told([&] { at(t, {all(), index(512)}); }), HasSubstr("index 512"));
  EXPECT_THAT(told([&] { at(t, {index(0), index(0), index(0)}); }), HasSubstr("3 indices"));
  EXPECT_EQ(at(t, {all(), range(8, 8)}).view().elements(), 0);  // of a core without work
  EXPECT_THAT(told([&] { t.slice(1, 0, 8, 0); }), HasSubstr("step"));
  EXPECT_THAT(told([&] { at(t, {new_axis()}); }), HasSubstr("partition dimension"));
}

TEST(TileIndexing, MethodsDoNotCountFromTheEnd) {
  const Tile t = sbuf({128, 8, 64});
  EXPECT_EQ(shape_of(t.select(1, std::int64_t{7})), Shape({128, 64}));
  EXPECT_THAT(told([&] { t.select(1, std::int64_t{-1}); }),
              AllOf(HasSubstr("index -1"), HasSubstr("t[...]")));
  EXPECT_THAT(told([&] { t.slice(2, -8, 64, 1); }), HasSubstr("-8:64"));
  EXPECT_THAT(told([&] { t.slice(2, 0, -8, 1); }), HasSubstr("0:-8 is empty"));
  EXPECT_THAT(told([&] { t.slice(2, 8, 8, 1); }), HasSubstr("8:8 is empty"));
}

TEST(TileIndexing, ARegisterSliceMayStartWhereItStillFits) {
  const Tile u = sbuf({128, 512}).slice(1, RegisterId{7}, 64);
  EXPECT_EQ(shape_of(u), Shape({128, 64}));
  ASSERT_TRUE(u.indirect().has_value());
  EXPECT_EQ(u.indirect()->reg, 7u);
  EXPECT_EQ(u.indirect()->scale_bytes, 4);
  EXPECT_EQ(u.indirect()->index_limit, 449);
  const Tile v = sbuf({128, 512}).slice(0, RegisterId{7}, 32);
  EXPECT_TRUE(v.indirect()->partition_dim);
  EXPECT_EQ(v.indirect()->scale_bytes, 1);
  EXPECT_EQ(v.indirect()->index_limit, 97);
  EXPECT_THAT(told([&] { u.slice(0, RegisterId{8}, 1); }), HasSubstr("at most one"));
}

TEST(TileShapes, ReshapeMergesAndSplitsDenseDimensions) {
  const Tile t = sbuf({128, 4, 6});
  EXPECT_THAT(pattern_of(t.reshape({128, 24})), ElementsAre(Pair(24, 128), Pair(1, 24)));
  EXPECT_THAT(pattern_of(t.reshape({128, 2, 12})),
              ElementsAre(Pair(24, 128), Pair(12, 2), Pair(1, 12)));
  EXPECT_EQ(shape_of(t.reshape({128, -1, 3})), Shape({128, 8, 3}));
}

TEST(TileShapes, ReshapeOfAViewWorksWhereItsStridesAllow) {
  // 2 of 4 planes are still dense inside a partition; every other column is not, but splits.
  const Tile planes = sbuf({128, 4, 6}).slice(1, 1, 3, 1);
  EXPECT_THAT(pattern_of(planes.reshape({128, 12})), ElementsAre(Pair(24, 128), Pair(1, 12)));
  const Tile columns = sbuf({128, 4, 6}).slice(2, 0, 6, 2);
  EXPECT_THAT(pattern_of(columns.reshape({128, 2, 2, 3})),
              ElementsAre(Pair(24, 128), Pair(12, 2), Pair(6, 2), Pair(2, 3)));
  EXPECT_THAT(pattern_of(columns.reshape({128, 12})), ElementsAre(Pair(24, 128), Pair(2, 12)));
  const Tile part = sbuf({128, 4, 6}).slice(2, 0, 4, 1);
  EXPECT_THAT(told([&] { part.reshape({128, 16}); }), HasSubstr("adjacent"));
}

TEST(TileShapes, ReshapeRefusesOtherSizesAndPartitions) {
  const Tile t = sbuf({128, 512});
  EXPECT_THAT(told([&] {
                t.reshape({128, 500});
              }),
              AllOf(HasSubstr("reshape"), HasSubstr("512"), HasSubstr("500")));
  EXPECT_THAT(told([&] { t.reshape({64, 1024}); }), HasSubstr("partition"));
  EXPECT_EQ(shape_of(hbm({128, 512}).reshape({64, 1024})), Shape({64, 1024}));
}

TEST(TileShapes, PermuteBroadcastExpandSqueezeChangeOnlyThePattern) {
  EXPECT_THAT(pattern_of(sbuf({128, 4, 8}).permute({0, 2, 1})),
              ElementsAre(Pair(32, 128), Pair(1, 8), Pair(8, 4)));
  EXPECT_THAT(pattern_of(sbuf({128, 1, 64}).broadcast(1, 8)),
              ElementsAre(Pair(64, 128), Pair(0, 8), Pair(1, 64)));
  EXPECT_EQ(shape_of(sbuf({128, 64}).expand_dim(1)), Shape({128, 1, 64}));
  EXPECT_EQ(shape_of(sbuf({128, 64}).expand_dim(2)), Shape({128, 64, 1}));
  EXPECT_EQ(shape_of(sbuf({128, 1, 64}).squeeze_dim(1)), Shape({128, 64}));
  EXPECT_THAT(told([] { sbuf({128, 4, 8}).permute({1, 0, 2}); }), HasSubstr("outermost"));
  EXPECT_THAT(told([] { sbuf({1, 64}).broadcast(0, 8); }), HasSubstr("partition"));
  EXPECT_THAT(told([] { sbuf({128, 2, 64}).broadcast(1, 8); }), HasSubstr("size 2"));
}

TEST(TileShapes, RearrangeSplitsReordersAndMergesByName) {
  const Tile t = sbuf({128, 24});
  EXPECT_THAT(pattern_of(t.rearrange({{"b"}, {"h", "w"}}, {{"b"}, {"w"}, {"h"}}, {{"h", 4}})),
              ElementsAre(Pair(24, 128), Pair(1, 6), Pair(6, 4)));
  const Tile merged = hbm({4, 6, 5}).rearrange({{"a"}, {"b"}, {"c"}}, {{"a", "b"}, {"c"}}, {});
  EXPECT_EQ(shape_of(merged), Shape({24, 5}));
  EXPECT_THAT(told([&] {
                t.rearrange({{"b"}, {"h"}}, {{"b"}, {"x"}}, {});
              }),
              HasSubstr("same names"));
}

TEST(TileShapes, AnotherDtypeScalesTheLastDimension) {
  EXPECT_THAT(pattern_of(sbuf({128, 64}).as(DType::uint8)),
              ElementsAre(Pair(256, 128), Pair(1, 256)));
  EXPECT_THAT(pattern_of(sbuf({128, 4, 8}, DType::uint8).as(DType::float32)),
              ElementsAre(Pair(8, 128), Pair(2, 4), Pair(1, 2)));
  EXPECT_THAT(pattern_of(sbuf({128, 512}).slice(1, 4, 8, 1).as(DType::bfloat16)),
              ElementsAre(Pair(1024, 128), Pair(1, 8)));
  EXPECT_THAT(told([] {
                sbuf({128, 6}, DType::uint8).as(DType::float32);
              }),
              HasSubstr("do not divide"));
  EXPECT_THAT(told([] {
                sbuf({128, 64}).slice(1, 0, 64, 2).as(DType::uint8);
              }),
              HasSubstr("dense"));
}

Tile ap(const Tile& t, Pattern pattern, std::int64_t offset = 0,
        std::optional<DType> dtype = std::nullopt, const Tile::Dynamic& dynamic = {}) {
  return t.ap(pattern, offset, dynamic, dtype);
}

TEST(TilePatterns, OffsetAddsToTheStartOfTheView) {
  const Tile t = sbuf({128, 64});
  const Tile u = ap(t.slice(1, 16, 64, 1), {{{64, 128}, {2, 8}}}, 4);
  EXPECT_EQ(u.offset(), 20);
  EXPECT_THAT(pattern_of(u), ElementsAre(Pair(64, 128), Pair(2, 8)));
}

TEST(TilePatterns, ThePartitionWalkMayBeTheFreeSizeOfTheViewHeld) {
  // Half of a combined buffer: the kernel computes strides from the half's shape alone.
  const Tile half = sbuf({128, 256}).slice(1, 128, 256, 1);
  const Tile u = ap(half, {{{128, 64}, {1, 16}}}, 2 * 128 + 5);
  EXPECT_EQ(u.view().partition, 2);
  EXPECT_EQ(u.view().offset_bytes, (128 + 5) * 4);
  EXPECT_THAT(pattern_of(u), ElementsAre(Pair(256, 64), Pair(1, 16)));
  EXPECT_THAT(told([&] { ap(half, {{{100, 64}, {1, 16}}}); }), HasSubstr("256"));
}

TEST(TilePatterns, StridesCountElementsOfTheReinterpretedType) {
  const Tile u = ap(sbuf({128, 256}, DType::int32), {{{512, 128}, {1, 512}}}, 0, DType::bfloat16);
  EXPECT_EQ(shape_of(u), Shape({128, 512}));
  EXPECT_EQ(u.view().dims[0].step, 1);
}

TEST(TilePatterns, PastTheEndIsRefused) {
  const Tile t = sbuf({128, 512});
  EXPECT_THAT(told([&] {
                ap(t, {{{512, 128}, {2, 512}}}).check_used();
              }),
              AllOf(HasSubstr("pattern"), HasSubstr("1022"), HasSubstr("512")));
  EXPECT_THAT(told([&] {
                ap(t, {{{512, 128}, {1, 512}}}, 512).check_used();
              }),
              HasSubstr("partition 128"));
  EXPECT_THAT(told([] {
                ap(hbm({4, 8}), {{{8, 4}, {1, 9}}}).check_used();
              }),
              HasSubstr("element 32"));
}

TEST(TilePatterns, AScalarOffsetIsScaledByTheTensorsOwnShape) {
  const Tile batch = sbuf({1, 1}, DType::int32);
  Tile::Dynamic dynamic;
  dynamic.scalar = &batch;
  const Tile u = ap(hbm({512, 512}), {{{512, 128}, {1, 256}}}, 0, std::nullopt, dynamic);
  EXPECT_EQ(u.indirect()->kind, IndirectKind::scalar_tile);
  EXPECT_EQ(u.indirect()->scale_bytes, 512 * 4);
  EXPECT_EQ(u.indirect()->index_limit, 385);  // rows 384 to 511 are the last that fit
}

TEST(TilePatterns, AVectorOffsetIgnoresThePatternsLeadingStride) {
  const Tile rows = sbuf({64, 1}, DType::int32);
  Tile::Dynamic dynamic;
  dynamic.vector = &rows;
  const Tile u = ap(hbm({128, 512}), {{{1, 64}, {1, 512}}}, 0, std::nullopt, dynamic);
  EXPECT_EQ(u.indirect()->kind, IndirectKind::vector_rows);
  EXPECT_EQ(u.indirect()->scale_bytes, 512 * 4);
  EXPECT_EQ(u.indirect()->index_limit, 128);
  EXPECT_EQ(shape_of(u), Shape({64, 512}));
}

TEST(TilePatterns, SelectAndVectorSelectBuildTheSamePatterns) {
  const Tile one = sbuf({1, 1}, DType::int32), rows = sbuf({128, 1}, DType::int32);
  const Tile u = hbm({4, 128, 512}).select(0, one);
  EXPECT_EQ(shape_of(u), Shape({128, 512}));
  EXPECT_EQ(u.indirect()->scale_bytes, 128 * 512 * 4);
  EXPECT_EQ(u.indirect()->index_limit, 4);
  const Tile v = hbm({64, 128, 8}).vector_select(0, rows);
  EXPECT_EQ(shape_of(v), Shape({128, 128, 8}));
  EXPECT_EQ(v.indirect()->index_limit, 64);
  EXPECT_THAT(told([&] { v.slice(0, 0, 4, 1); }), HasSubstr("index tile"));
  EXPECT_THAT(told([&] { sbuf({64, 8}).vector_select(0, rows); }), HasSubstr("HBM"));
  EXPECT_THAT(told([&] { sbuf({64, 8}).select(0, one); }), HasSubstr("partition"));
}

TEST(TilePatterns, TensorIndirectionTakesFreeOffsets) {
  const Tile u = sbuf({32, 64}).indirect(sbuf({32, 2}, DType::uint16), 40);
  EXPECT_EQ(shape_of(u), Shape({32, 40}));
  EXPECT_EQ(u.indirect()->kind, IndirectKind::columns);
  EXPECT_EQ(u.indirect()->index_limit, 64);
  EXPECT_THAT(told([] {
                sbuf({32, 64}).indirect(sbuf({16, 2}, DType::uint16), 8);
              }),
              HasSubstr("16 partitions"));
}

}  // namespace
}  // namespace trainyard
