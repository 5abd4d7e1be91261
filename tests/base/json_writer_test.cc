// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.h"

#include <cmath>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include "base/fault.h"

namespace trainyard {
namespace {

template <typename T>
std::string one(const T& what) {
  JsonWriter json;
  json.value(what);
  return json.text();
}

TEST(JsonWriter, KeepsTheOrderOfKeysAndIndents) {
  JsonWriter json;
  json.begin_object();
  json.field("b", 1);
  json.key("a");
  json.begin_array();
  json.value(true);
  json.null();
  json.end_array();
  json.key("empty");
  json.begin_object();
  json.end_object();
  json.end_object();
  EXPECT_EQ(json.text(),
            "{\n  \"b\": 1,\n  \"a\": [\n    true,\n    null\n  ],\n  \"empty\": {}\n}\n");
}

TEST(JsonWriter, WritesTheShortestDoubleThatReadsBack) {
  EXPECT_EQ(one(0.1), "0.1\n");
  EXPECT_EQ(one(1e300), "1e+300\n");
  EXPECT_EQ(std::stod(one(0.1 + 0.2)), 0.1 + 0.2);
  EXPECT_EQ(one(std::numeric_limits<double>::infinity()), "null\n");
  EXPECT_EQ(one(std::nan("")), "null\n");
  EXPECT_EQ(one(std::numeric_limits<std::uint64_t>::max()), "18446744073709551615\n");
}

TEST(JsonWriter, EscapesWhatJsonCannotHold) {
  EXPECT_EQ(one("a\"b\\c\n\x01"), "\"a\\\"b\\\\c\\u000a\\u0001\"\n");
  EXPECT_EQ(one("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"),
            "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"\n");
}

TEST(JsonWriter, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(one("\xff"), "\"\\ufffd\"\n");                        // no lead byte
  EXPECT_EQ(one("\xc0\xaf"), "\"\\ufffd\\ufffd\"\n");             // overlong
  EXPECT_EQ(one("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"\n");  // surrogate
  EXPECT_EQ(one("\xe2\x82"), "\"\\ufffd\\ufffd\"\n");             // cut
}

TEST(JsonWriter, RefusesATextThatIsNotOneClosedValue) {
  JsonWriter open;
  open.begin_object();
  EXPECT_THROW(open.text(), Fault);
  EXPECT_THROW(open.end_array(), Fault);
  JsonWriter two;
  two.value(1);
  EXPECT_THROW(two.value(2), Fault);
  JsonWriter list;
  list.begin_array();
  EXPECT_THROW(list.key("a"), Fault);
}

}  // namespace
}  // namespace trainyard
