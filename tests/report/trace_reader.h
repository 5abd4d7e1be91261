// SPDX-License-Identifier: Apache-2.0
// Reads a Perfetto trace back, knowing only the public field numbers: what TraceStream wrote must
// mean the same to a reader that shares no code with it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace trainyard {

struct WireField {
  std::uint32_t number = 0;
  std::uint32_t wire_type = 0;
  std::uint64_t value = 0;  // varint and fixed64
  std::string bytes;
};

std::vector<WireField> decode(const std::string& message);

struct ReadSlice {
  std::string name;
  std::uint64_t start_ns = 0, end_ns = 0;
  std::map<std::string, std::string> words;
  std::map<std::string, double> numbers;
  std::vector<std::uint64_t> flows_out, flows_in;
};

struct ReadCount {
  std::uint64_t at_ns = 0;
  double value = 0;
};

struct ReadTrack {
  std::string name, unit;
  std::vector<ReadSlice> slices;
  std::vector<ReadCount> counts;
};

struct ReadTrace {
  std::string process;
  std::vector<ReadTrack> tracks;  // as declared

  const ReadTrack& track(const std::string& name) const;
};

// Fails the test (EXPECT) on slices that overlap and on events of undeclared tracks.
ReadTrace read_trace(const std::string& path);

}  // namespace trainyard
