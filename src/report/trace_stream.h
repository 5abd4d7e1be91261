// SPDX-License-Identifier: Apache-2.0
// Perfetto TracePackets streamed to a file: tracks, slices, counters, flows. Memory stays bounded
// however long the trace: packets leave as they come, and the table of repeated strings has an end.
//
// Field numbers: google/perfetto, protos/perfetto/trace/{trace, trace_packet}.proto,
// interned_data/interned_data.proto and track_event/{track_event, track_descriptor,
// counter_descriptor, debug_annotation, process_descriptor}.proto.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/time.h"
#include "report/proto_message.h"

namespace trainyard {

class TraceStream {
 public:
  // Throws Fault(usage) when `path` cannot be written, here or in any call below.
  explicit TraceStream(std::string path);

  using Track = std::uint64_t;
  // Tracks are shown in the order in which they are declared, below their process: the one that
  // was declared last, whose tracks have their own numbers.
  void declare_process(std::string_view name);
  void declare_track(Track track, std::string_view name);
  void declare_counter(Track track, std::string_view name, std::string_view unit);

  // A slice is begun, annotated, and closed: begin(); annotate()…; flow…(); end().
  // Slices of a track come in order of time and do not overlap.
  void begin(Track track, Time start, std::string_view name);
  void annotate(std::string_view name, std::string_view words);
  void annotate(std::string_view name, double number);
  void start_flow(std::uint64_t id);
  void end_flow(std::uint64_t id);
  void end(Track track, Time end);

  void count(Track track, Time at, double value);

  // Writes what is left; without it the trace ends early.
  void close();

 private:
  static constexpr std::uint64_t kTracksMax = std::uint64_t{1} << 32;
  // Strings that packets may name by number once they were sent.
  struct Interned {
    std::uint32_t field;  // of InternedData
    std::unordered_map<std::string, std::uint64_t> ids;
  };
  // 0: the table is full.
  std::uint64_t intern(Interned& table, std::string_view words);
  void send_event(Time at);
  void send(const ProtoMessage& body, std::uint32_t field, Time at);
  void declare(Track track, ProtoMessage& descriptor);
  void flush();
  [[noreturn]] void fail() const;

  std::string path_;
  std::ofstream file_;
  std::string buffer_;
  bool first_packet_ = true;
  std::uint64_t declared_tracks_ = 0;
  std::uint64_t processes_ = 0;
  std::uint64_t process_uuid() const { return 1 + (processes_ - 1) * kTracksMax; }
  std::uint64_t uuid(Track track) const { return process_uuid() + 1 + track; }
  Time begun_;
  ProtoMessage event_, interned_, packet_, part_;
  Interned names_, annotation_names_, annotation_words_;
};

}  // namespace trainyard
