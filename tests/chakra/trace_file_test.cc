// SPDX-License-Identifier: Apache-2.0
#include "chakra/execution_trace.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "chakra/wire.h"
#include "temporary_folder.h"

namespace trainyard {
namespace {

using wire::real;
using wire::whole;
using wire::words;

// Of messages that `protoc --encode` made with Chakra's own et_def.proto (1.0.0), other attributes
// and lists among them.
constexpr const char* kByProtoc =
    "260a05312e302e30121d0a06736368656d61ea0112312e312e312d6368616b72612e312e302e305d0802"
    "120467656d6d180438dc0b42110a025b5d12075b5b322c335d5d1a025b5d520e0a0969735f6370755f6f"
    "70d80100520f0a076e756d5f6f70734880d0acf30e52110a0b74656e736f725f73697a65688080405207"
    "0a0374696448071e080112066c61756e636818043809520e0a0969735f6370755f6f70d8010160080512"
    "0d6e63636c416c6c52656475636518072201012a0102520d0a09636f6d6d5f74797065480052100a0963"
    "6f6d6d5f73697a654880808020520d0a0770675f6e616d65ea01013352150a0c696e766f6c7665645f64"
    "696de201040a020100390809120473656e6418052a0105520c0a08636f6d6d5f6473743804520c0a0863"
    "6f6d6d5f746167380b520e0a09636f6d6d5f73697a65488020";

std::string bytes_of(const std::string& hex) {
  std::string made;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    made += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  return made;
}

std::string fault_of(const std::string& bytes) {
  try {
    parse_execution_trace(bytes, "t.3.et", 3);
  } catch (const Fault& fault) {
    EXPECT_EQ(fault.kind(), FaultKind::usage);
    EXPECT_FALSE(fault.hint().empty());
    return fault.message();
  }
  return "no fault";
}

void expect_told(const std::string& bytes, const std::string& told) {
  const std::string message = fault_of(bytes);
  EXPECT_EQ(message.rfind("t.3.et: ", 0), 0u) << message;
  EXPECT_NE(message.find(told), std::string::npos) << message;
}

TEST(TraceFile, WhatChakrasOwnSchemaWroteIsRead) {
  const ExecutionTrace trace = parse_execution_trace(bytes_of(kByProtoc), "t.3.et", 3);
  EXPECT_EQ(trace.version, "1.0.0");
  ASSERT_EQ(trace.nodes.size(), 4u);  // by id
  EXPECT_EQ(trace.nodes[0].id, 1u);
  EXPECT_TRUE(trace.nodes[0].on_host);
  EXPECT_DOUBLE_EQ(trace.nodes[0].seconds, 9e-6);
  const TraceNode& gemm = trace.nodes[1];
  EXPECT_EQ(trace.name(gemm), "gemm");
  EXPECT_EQ(gemm.kind, TraceNodeKind::compute);
  EXPECT_FALSE(gemm.on_host);
  EXPECT_DOUBLE_EQ(gemm.seconds, 1.5e-3);
  EXPECT_EQ(gemm.operations, 4e9);
  EXPECT_EQ(gemm.bytes, 1048576);
  const TraceNode& reduce = trace.nodes[2];
  EXPECT_EQ(reduce.kind, TraceNodeKind::collective);
  EXPECT_EQ(reduce.collective, TraceCollective::all_reduce);
  EXPECT_EQ(reduce.bytes, 67108864);
  EXPECT_EQ(trace.group(reduce), "3");
  ASSERT_EQ(reduce.parents, 1u);  // of data; its control dependency is the call tree's
  EXPECT_EQ(trace.parents_of(reduce)[0], 2u);
  const TraceNode& send = trace.nodes[3];
  EXPECT_EQ(send.kind, TraceNodeKind::send);
  EXPECT_EQ(send.peer, 4);
  EXPECT_EQ(send.tag, 11);
  EXPECT_EQ(send.bytes, 4096);
}

TEST(TraceFile, WhatIsWrittenReadsBackTheSame) {
  const TemporaryFolder folder;
  ExecutionTrace trace = parse_execution_trace(bytes_of(kByProtoc), "t.3.et", 3);
  trace.nodes[1].seconds = 1.23456789e-7;
  trace.file = folder.at("u.3.et");
  write_execution_trace(trace, "a title");
  const ExecutionTrace again = read_execution_trace(trace.file, 3);
  ASSERT_EQ(again.nodes.size(), trace.nodes.size());
  for (std::size_t i = 0; i < trace.nodes.size(); ++i) {
    const TraceNode &a = trace.nodes[i], &b = again.nodes[i];
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.kind, b.kind);
    EXPECT_EQ(a.on_host, b.on_host);
    EXPECT_EQ(a.peer, b.peer);
    EXPECT_EQ(a.tag, b.tag);
    EXPECT_EQ(a.operations, b.operations);
    EXPECT_EQ(a.bytes, b.bytes);
    EXPECT_NEAR(a.seconds, b.seconds, 1e-18);
    EXPECT_EQ(trace.name(a), again.name(b));
    EXPECT_EQ(trace.group(a), again.group(b));
    EXPECT_EQ(a.parents, b.parents);
  }
}

TEST(TraceFile, WholeMicrosecondsAddUpToTheTimeThatTheyWereCutFrom) {
  // A reader that knows nothing of duration_nanos: 1000 kernels of 0.3 us.
  const TemporaryFolder folder;
  ExecutionTrace trace;
  trace.file = folder.at("t.0.et");
  for (std::uint64_t id = 0; id < 1000; ++id) {
    TraceNode node;
    node.id = id;
    node.seconds = 0.3e-6;
    trace.nodes.push_back(node);
  }
  write_execution_trace(trace, "");
  std::string bytes;
  {
    std::ifstream stream(trace.file, std::ios::binary);
    bytes.assign(std::istreambuf_iterator<char>(stream), {});
  }
  const std::string known = "duration_nanos", unknown = "duration_nanoz";
  for (std::size_t at = bytes.find(known); at != std::string::npos; at = bytes.find(known, at)) {
    bytes.replace(at, known.size(), unknown);
  }
  double sum_s = 0;
  for (const TraceNode& node : parse_execution_trace(bytes, "t", 0).nodes) sum_s += node.seconds;
  EXPECT_NEAR(sum_s, 300e-6, 1e-6);
}

TEST(TraceFile, NumbersMayHaveAnyOfTheNumberTypes) {
  const auto size_of = [](const std::string& value) {
    const wire::Node node = {1, 4, {}, {}, 0, wire::text(10, wire::text(1, "tensor_size") + value)};
    return parse_execution_trace(wire::file({node}), "t", 0).nodes.front().bytes;
  };
  for (const int field : {7, 9, 11, 13}) EXPECT_EQ(size_of(wire::number(field, 96)), 96);
  for (const int field : {15, 17}) EXPECT_EQ(size_of(wire::number(field, 192)), 96);  // zigzag
  for (const int field : {19, 23}) {
    EXPECT_EQ(size_of(wire::varint(field << 3 | 5) + std::string("\x60\0\0\0", 4)), 96);
  }
  for (const int field : {21, 25}) {
    EXPECT_EQ(size_of(wire::varint(field << 3 | 1) + std::string("\x60\0\0\0\0\0\0\0", 8)), 96);
  }
}

TEST(TraceFile, WhatIsNoTraceIsTold) {
  const std::string good = wire::file({wire::compute(1, 5), wire::compute(2, 5, {1})});
  EXPECT_EQ(fault_of(good), "no fault");
  expect_told("", "the file is empty");
  expect_told("\x1f\x8b\x08 something", "gzip");
  expect_told("{\"nodes\": []}\n", "message 0 at byte 0");
  expect_told(good.substr(0, good.size() - 3), "message 2 at byte");
  expect_told(good + '\xff', "message 3 at byte");
  expect_told(good + "\xff\xff\xff\xff\x7f", "message 3 at byte");
  expect_told(good + wire::delimited("\x0a\x7f"), "message 3 at byte");
  wire::Node first = wire::compute(1, 5);
  expect_told(wire::delimited(first.bytes()), "no GlobalMetadata");
  first.name = "";
  expect_told(wire::delimited(first.bytes()), "the metadata are missing");
  expect_told(wire::file({}), "no node");
  wire::Node called = wire::compute(2, 5);
  called.ctrl_deps = {1};
  expect_told(wire::file({wire::compute(1, 5), called}), "control dependencies alone");
}

TEST(TraceFile, EveryCutOfATraceIsToldOrEndsAtAMessage) {
  const std::string bytes = bytes_of(kByProtoc);
  int whole_messages = 0;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    if (fault_of(bytes.substr(0, size)) == "no fault") ++whole_messages;
  }
  EXPECT_EQ(whole_messages, 3);  // after one, two and three of the four nodes
}

TEST(TraceFile, ANodeThatSaysNonsenseIsNamedWithItsRule) {
  const auto told = [](const wire::Node& node, const std::string& rule) {
    expect_told(wire::file({node}), "node 7 \"n\": " + rule);
  };
  told({7, 0}, "type 0 is none of");
  told({7, 42}, "type 42 is none of");
  told({7, 7}, "\"comm_type\" is missing");
  told({7, 7, {}, {}, 0, whole("comm_type", 0)}, "\"comm_size\" is missing");
  told(wire::collective(7, 17, 1), "comm_type is 17");
  told(wire::collective(7, -1, 1), "comm_type is -1");
  told(wire::collective(7, 0, -4096), "comm_size is -4096");
  told(wire::collective(7, 0, 2'000'000'000'000'000), "comm_size is 2000000000000000");
  told({7, 7, {}, {}, 0, words("comm_type", "ALL_REDUCE")}, "comm_type is no number");
  told({7, 7, {}, {}, 0, real("comm_type", 0.5) + whole("comm_size", 1)}, "comm_type is 0.5");
  told({7, 4, {}, {}, 0, words("num_ops", "many")}, "num_ops is no number");
  told({7, 4, {}, {}, 0, whole("num_ops", -1)}, "num_ops is -1");
  told({7, 4, {}, {}, 0, real("num_ops", std::numeric_limits<double>::quiet_NaN())},
       "num_ops is nan");
  told({7, 4, {}, {}, 0, whole("tensor_size", -8)}, "tensor_size is -8");
  told({7, 4, {}, {}, std::uint64_t{1} << 62}, "duration_micros is 4.6");
  told({7, 5, {}, {}, 0, whole("comm_size", 1)}, "\"comm_dst\" is missing");
  told({7, 6, {}, {}, 0, whole("comm_size", 1)}, "\"comm_src\" is missing");
  told(wire::send(7, 3, 1), "a rank does not send to itself");
  wire::Node send = wire::send(7, 4, 1);
  send.more += whole("comm_src", 2);
  told(send, "rank 3 sends from rank 2");
}

TEST(TraceFile, AnIdThatTwoNodesHaveIsTold) {
  expect_told(wire::file({wire::compute(7, 1), wire::compute(8, 1), wire::compute(7, 1)}),
              "node 7 \"n\": two nodes have this id");
}

TEST(TraceFile, AFileThatIsNotThereIsTold) {
  EXPECT_THROW(read_execution_trace("/no/such.0.et", 0), Fault);
}

}  // namespace
}  // namespace trainyard
