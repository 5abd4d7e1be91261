// SPDX-License-Identifier: Apache-2.0
// The scalar reference, against what the formats' definitions say directly. The comparison with
// ml_dtypes and NumPy is in tests/python/test_numerics.py.
#include "numerics/convert.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/fault.h"

namespace trainyard {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::uint32_t bits_of(float value) {
  return std::bit_cast<std::uint32_t>(value);
}
float from_bits(std::uint32_t bits) {
  return std::bit_cast<float>(bits);
}

struct Layout {
  DType dtype;
  int exponent_bits;
  int mantissa_bits;
  float largest;
  bool infinities;
};

const Layout kLayouts[] = {
    {DType::bfloat16, 8, 7, from_bits(0x7f7f0000), true},
    {DType::float16, 5, 10, 65504.0f, true},
    {DType::float8_e4m3, 4, 3, 240.0f, true},
    {DType::float8_e4m3fn, 4, 3, 448.0f, false},
    {DType::float8_e5m2, 5, 2, 57344.0f, true},
    {DType::float8_e3m4, 3, 4, 15.5f, true},
};

std::uint32_t sign_bit(const Layout& layout) {
  return 1u << (layout.exponent_bits + layout.mantissa_bits);
}

// The finite magnitudes in order, index = code, straight from the definition.
std::vector<double> finite_values(const Layout& layout) {
  const int bias = (1 << (layout.exponent_bits - 1)) - 1;
  std::vector<double> values;
  for (std::uint32_t code = 0; code < sign_bit(layout); ++code) {
    const int exponent = static_cast<int>(code >> layout.mantissa_bits);
    const double fraction =
        std::ldexp(code & ((1u << layout.mantissa_bits) - 1), -layout.mantissa_bits);
    const double value = exponent == 0 ? std::ldexp(fraction, 1 - bias)
                                       : std::ldexp(1.0 + fraction, exponent - bias);
    if (value > layout.largest) break;
    values.push_back(value);
  }
  return values;
}

TEST(Convert, EveryCodeMeansWhatItsExponentAndMantissaSay) {
  for (const Layout& layout : kLayouts) {
    SCOPED_TRACE(dtype_info(layout.dtype).name);
    const std::vector<double> values = finite_values(layout);
    ASSERT_EQ(values.back(), layout.largest);
    for (std::uint32_t code = 0; code < sign_bit(layout); ++code) {
      const float plus = decode(layout.dtype, code);
      const float minus = decode(layout.dtype, code | sign_bit(layout));
      if (code < values.size()) {
        ASSERT_EQ(plus, values[code]) << code;
        ASSERT_EQ(bits_of(minus), bits_of(plus) | 0x80000000) << code;
      } else if (code == values.size() && layout.infinities) {
        ASSERT_EQ(plus, kInf);
        ASSERT_EQ(minus, -kInf);
      } else {
        ASSERT_TRUE(std::isnan(plus) && std::isnan(minus)) << code;
      }
    }
  }
}

TEST(Convert, EveryCodeComesBackFromFloatAsItWas) {
  for (const Layout& layout : kLayouts) {
    SCOPED_TRACE(dtype_info(layout.dtype).name);
    for (std::uint32_t code = 0; code < 2 * sign_bit(layout); ++code) {
      const float value = decode(layout.dtype, code);
      const std::uint32_t back = encode(layout.dtype, value);
      if (std::isnan(value)) {
        ASSERT_TRUE(std::isnan(decode(layout.dtype, back)));
        ASSERT_EQ(back & sign_bit(layout), code & sign_bit(layout));
        ASSERT_EQ(encode(layout.dtype, decode(layout.dtype, back)), back) << "not the one NaN";
      } else {
        ASSERT_EQ(back, code);
      }
    }
  }
}

TEST(Convert, HalfwayGoesToTheEvenCodeAndItsNeighboursToTheNearer) {
  for (const Layout& layout : kLayouts) {
    SCOPED_TRACE(dtype_info(layout.dtype).name);
    const std::vector<double> values = finite_values(layout);
    for (std::uint32_t code = 0; code + 1 < values.size(); ++code) {
      const float middle = static_cast<float>((values[code] + values[code + 1]) / 2);
      for (const std::uint32_t sign : {0u, sign_bit(layout)}) {
        const auto signed_encode = [&](float value) {
          return encode(layout.dtype, sign != 0 ? -value : value);
        };
        ASSERT_EQ(signed_encode(middle), sign | (code + (code & 1))) << code;
        ASSERT_EQ(signed_encode(std::nextafterf(middle, 0.0f)), sign | code) << code;
        ASSERT_EQ(signed_encode(std::nextafterf(middle, kInf)), sign | (code + 1)) << code;
      }
    }
  }
}

TEST(Convert, BeyondTheLargestLiesInfinityOrForE4m3fnNan) {
  for (const Layout& layout : kLayouts) {
    SCOPED_TRACE(dtype_info(layout.dtype).name);
    const std::vector<double> values = finite_values(layout);
    const auto last = static_cast<std::uint32_t>(values.size() - 1);
    const double step = values[last] - values[last - 1];
    const auto limit = static_cast<float>(values[last] + step / 2);  // bfloat16: fits in float
    EXPECT_EQ(encode(layout.dtype, std::nextafterf(limit, 0.0f)), last);
    // The largest code of the IEEE-like formats is odd, that of e4m3fn even.
    EXPECT_EQ(encode(layout.dtype, limit), last + (layout.infinities ? 1 : 0));
    for (const float huge : {std::nextafterf(limit, kInf), kInf}) {
      EXPECT_EQ(encode(layout.dtype, huge), last + 1);
      EXPECT_EQ(encode(layout.dtype, -huge), (last + 1) | sign_bit(layout));
    }
    EXPECT_EQ(std::isnan(decode(layout.dtype, last + 1)), !layout.infinities);
  }
}

TEST(Convert, NanKeepsItsSignAndLosesItsPayload) {
  const float strange = from_bits(0xff812345);
  EXPECT_EQ(encode(DType::float32, strange), 0xff812345);
  EXPECT_EQ(encode(DType::tfloat32, strange), 0xffc00000);
  EXPECT_EQ(encode(DType::bfloat16, strange), 0xffc0);
  EXPECT_EQ(encode(DType::float16, strange), 0xfe00);
  EXPECT_EQ(encode(DType::float8_e4m3, strange), 0xfc);
  EXPECT_EQ(encode(DType::float8_e4m3fn, strange), 0xff);
  EXPECT_EQ(encode(DType::float8_e5m2, strange), 0xfe);
  EXPECT_EQ(encode(DType::float8_e3m4, strange), 0xf8);
  EXPECT_EQ(bits_of(decode(DType::bfloat16, 0x7f81)), 0x7f810000u);
  EXPECT_EQ(bits_of(decode(DType::float16, 0xfc01)), 0xffc00000u);
}

TEST(Convert, Tfloat32KeepsTenBitsOfMantissa) {
  EXPECT_EQ(encode(DType::tfloat32, from_bits(0x3f801000)), 0x3f800000u);  // tie to even
  EXPECT_EQ(encode(DType::tfloat32, from_bits(0x3f801001)), 0x3f802000u);
  EXPECT_EQ(encode(DType::tfloat32, from_bits(0x3f803000)), 0x3f804000u);
  EXPECT_EQ(encode(DType::tfloat32, from_bits(0x7f7fffff)), 0x7f800000u);
  EXPECT_EQ(encode(DType::tfloat32, from_bits(0x00001001)), 0x00002000u);
  EXPECT_EQ(bits_of(decode(DType::tfloat32, 0x3f801001)), 0x3f802000u);
}

TEST(Convert, FloatToIntegerRoundsToEvenSaturatesAndTakesNanForZero) {
  EXPECT_EQ(encode(DType::int32, 2.5f), 2u);
  EXPECT_EQ(encode(DType::int32, 3.5f), 4u);
  EXPECT_EQ(encode(DType::int32, -2.5f), static_cast<std::uint32_t>(-2));
  EXPECT_EQ(encode(DType::int8, -200.0f), 0x80u);
  EXPECT_EQ(encode(DType::int8, 127.5f), 0x7fu);
  EXPECT_EQ(encode(DType::uint8, 300.0f), 255u);
  EXPECT_EQ(encode(DType::uint8, -0.5f), 0u);
  EXPECT_EQ(encode(DType::int16, -kInf), 0x8000u);
  EXPECT_EQ(encode(DType::uint16, kInf), 0xffffu);
  EXPECT_EQ(encode(DType::int32, kInf), 0x7fffffffu);
  EXPECT_EQ(encode(DType::int32, -2147483648.0f), 0x80000000u);
  EXPECT_EQ(encode(DType::uint32, 4294967296.0f), 0xffffffffu);
  EXPECT_EQ(encode(DType::uint32, 4294967040.0f), 0xffffff00u);
  for (const DType dtype : {DType::int8, DType::int32, DType::uint16, DType::uint32}) {
    EXPECT_EQ(encode(dtype, kNan), 0u);
  }
}

TEST(Convert, IntegersBecomeTheNearestFloat) {
  EXPECT_EQ(decode(DType::int32, 0x7fffffff), 2147483648.0f);
  EXPECT_EQ(decode(DType::int32, 16777217), 16777216.0f);
  EXPECT_EQ(decode(DType::int32, 16777219), 16777220.0f);
  EXPECT_EQ(decode(DType::uint32, 0xffffffff), 4294967296.0f);
  EXPECT_EQ(decode(DType::int8, 0x80), -128.0f);
  EXPECT_EQ(decode(DType::uint8, 0x80), 128.0f);
}

TEST(Convert, IntegersStaySaturatedBetweenIntegerTypes) {
  EXPECT_EQ(encode_integer(DType::int8, 1000), 0x7fu);
  EXPECT_EQ(encode_integer(DType::uint32, -1), 0u);
  EXPECT_EQ(encode_integer(DType::int32, std::int64_t{1} << 40), 0x7fffffffu);
  EXPECT_EQ(decode_integer(DType::int16, 0xffff), -1);
  EXPECT_EQ(decode_integer(DType::uint32, 0xffffffff), 4294967295);
  EXPECT_EQ(encode_integer(DType::float32, 16777217), bits_of(16777216.0f));
  EXPECT_EQ(decode_integer(DType::float32, bits_of(-2.5f)), -2);
  EXPECT_EQ(round_to_integer(kInf), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(round_to_integer(-kInf), std::numeric_limits<std::int64_t>::min());
}

TEST(Convert, ABoolIsOneUnlessZero) {
  EXPECT_EQ(encode(DType::bool8, 0.25f), 1u);
  EXPECT_EQ(encode(DType::bool8, -0.0f), 0u);
  EXPECT_EQ(encode(DType::bool8, kNan), 1u);
  EXPECT_EQ(encode_integer(DType::bool8, 256), 1u);
  EXPECT_EQ(decode(DType::bool8, 0x80), 1.0f);
}

TEST(Convert, AScaleIsTheNearestPowerOfTwo) {
  const auto scale = [](float value) { return encode(DType::float8_e8m0fnu, value); };
  for (std::uint32_t code = 0; code < 255; ++code) {
    const float value = decode(DType::float8_e8m0fnu, code);
    EXPECT_EQ(value, std::ldexp(1.0f, static_cast<int>(code) - 127));
    EXPECT_EQ(scale(value), code);
  }
  EXPECT_TRUE(std::isnan(decode(DType::float8_e8m0fnu, 255)));
  EXPECT_EQ(scale(1.5f), 128u);
  EXPECT_EQ(scale(3.0f), 129u);
  EXPECT_EQ(scale(std::nextafterf(3.0f, 0.0f)), 128u);
  for (const float none : {0.0f, -0.0f, -1.0f, kNan, kInf, from_bits(0x7f400000)}) {
    EXPECT_EQ(scale(none), 255u) << none;
  }
}

TEST(Convert, StochasticRoundingGoesUpAsOftenAsTheDroppedPartSays) {
  struct Case {
    DType dtype;
    float value;
    std::uint32_t below;
    double share;  // of words that round up
  };
  const Case cases[] = {
      {DType::bfloat16, from_bits(0x3f804000), 0x3f80, 0.25},
      {DType::bfloat16, from_bits(0xbf80c000), 0xbf80, 0.75},
      {DType::bfloat16, from_bits(0x00004000), 0x0000, 0.25},
      {DType::float8_e4m3, 1.0f + 1.0f / 32, 0x38, 0.25},
      {DType::float8_e4m3, std::ldexp(3.0f, -12), 0x00, 0.375},  // unit 2^-9
      {DType::float8_e5m2, std::ldexp(1.0f, -40), 0x00, std::ldexp(1.0, -24)},
      {DType::float16, 65504.0f + 8.0f, 0x7bff, 0.25},  // up is infinity
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.value);
    const auto first_up = static_cast<std::uint32_t>(std::ldexp(1.0 - c.share, 32));
    const auto draw = [&](std::uint32_t word) {
      return encode(c.dtype, c.value, Rounding::stochastic, word);
    };
    EXPECT_EQ(draw(0), c.below);
    EXPECT_EQ(draw(first_up - 1), c.below);
    EXPECT_EQ(draw(first_up), c.below + 1);
    EXPECT_EQ(draw(0xffffffff), c.below + 1);
  }
}

TEST(Convert, StochasticRoundingLeavesWhatIsExactAlone) {
  for (const Layout& layout : kLayouts) {
    for (std::uint32_t code = 0; code < sign_bit(layout); ++code) {
      const float value = decode(layout.dtype, code);
      const std::uint32_t nearest = encode(layout.dtype, value);
      ASSERT_EQ(encode(layout.dtype, value, Rounding::stochastic, 0xffffffff), nearest);
    }
  }
  EXPECT_EQ(encode(DType::int32, 2.75f, Rounding::stochastic, 0), 3u);
}

TEST(Convert, APackedTypeIsRefusedWithItsName) {
  try {
    decode(DType::float8_e5m2_x4, 0);
    FAIL() << "accepted";
  } catch (const Fault& fault) {
    EXPECT_NE(fault.message().find("float8_e5m2_x4"), std::string::npos);
  }
  EXPECT_THROW(encode(DType::float4_e2m1fn_x4, 1.0f), Fault);
}

}  // namespace
}  // namespace trainyard
