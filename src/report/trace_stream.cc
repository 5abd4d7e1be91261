// SPDX-License-Identifier: Apache-2.0
#include "report/trace_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/fault.h"

namespace trainyard {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr std::size_t kInternedMax = std::size_t{1} << 16;

namespace field {
// Trace
constexpr std::uint32_t kPacket = 1;
// TracePacket
constexpr std::uint32_t kTimestamp = 8, kSequenceId = 10, kTrackEvent = 11, kInternedData = 12;
constexpr std::uint32_t kSequenceFlags = 13, kTrackDescriptor = 60;
// InternedData; all three of messages {1: iid, 2: string}
constexpr std::uint32_t kEventNames = 2, kAnnotationNames = 3, kAnnotationStrings = 29;
constexpr std::uint32_t kIid = 1, kIidString = 2;
// TrackDescriptor, ProcessDescriptor, CounterDescriptor
constexpr std::uint32_t kUuid = 1, kTrackName = 2, kProcess = 3, kParentUuid = 5, kCounter = 8;
constexpr std::uint32_t kChildOrdering = 11, kSiblingOrderRank = 12;
constexpr std::uint32_t kPid = 1, kProcessName = 6, kUnitName = 6;
// TrackEvent
constexpr std::uint32_t kAnnotations = 4, kType = 9, kNameIid = 10, kTrackUuid = 11, kName = 23;
constexpr std::uint32_t kDoubleCounterValue = 44, kFlowIds = 47, kTerminatingFlowIds = 48;
// DebugAnnotation
constexpr std::uint32_t kAnnotationNameIid = 1, kDoubleValue = 5, kStringValue = 6;
constexpr std::uint32_t kAnnotationName = 10, kStringValueIid = 17;
}  // namespace field

constexpr std::uint64_t kSliceBegin = 1, kSliceEnd = 2, kCounterValue = 4;  // TrackEvent.Type
constexpr std::uint64_t kStateCleared = 1, kNeedsState = 2;  // TracePacket.SequenceFlags
constexpr std::uint64_t kExplicitOrder = 3;                  // ChildTracksOrdering

std::uint64_t nanoseconds(Time at) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(at.ps, 0) / 1000);
}

}  // namespace

TraceStream::TraceStream(std::string path)
    : path_(std::move(path)),
      file_(path_, std::ios::binary | std::ios::trunc),
      names_{field::kEventNames, {}},
      annotation_names_{field::kAnnotationNames, {}},
      annotation_words_{field::kAnnotationStrings, {}} {
  if (!file_) fail();
}

void TraceStream::fail() const {
  throw Fault(FaultKind::usage, "the trace cannot be written to '" + path_ + "'",
              errno != 0 ? std::strerror(errno) : "");
}

std::uint64_t TraceStream::intern(Interned& table, std::string_view words) {
  const auto found = table.ids.find(std::string(words));
  if (found != table.ids.end()) return found->second;
  if (table.ids.size() == kInternedMax) return 0;
  const std::uint64_t id = table.ids.size() + 1;
  table.ids.emplace(words, id);
  part_.clear();
  part_.add_varint(field::kIid, id);
  part_.add_bytes(field::kIidString, words);
  interned_.add_message(table.field, part_);
  return id;
}

void TraceStream::send(const ProtoMessage& body, std::uint32_t body_field, Time at) {
  packet_.clear();
  packet_.add_varint(field::kTimestamp, nanoseconds(at));
  packet_.add_varint(field::kSequenceId, 1);
  packet_.add_varint(field::kSequenceFlags, first_packet_ ? kStateCleared : kNeedsState);
  if (!interned_.empty()) packet_.add_message(field::kInternedData, interned_);
  packet_.add_message(body_field, body);
  first_packet_ = false;
  interned_.clear();
  part_.clear();
  part_.add_message(field::kPacket, packet_);
  buffer_ += part_.bytes();
  if (buffer_.size() >= kBufferBytes) flush();
}

void TraceStream::send_event(Time at) {
  send(event_, field::kTrackEvent, at);
  event_.clear();
}

void TraceStream::flush() {
  file_.write(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
  if (!file_) fail();
  buffer_.clear();
}

void TraceStream::close() {
  flush();
  file_.close();
  if (!file_) fail();
}

void TraceStream::declare_process(std::string_view name) {
  ProtoMessage process, descriptor;
  process.add_varint(field::kPid, ++processes_);
  process.add_bytes(field::kProcessName, name);
  descriptor.add_varint(field::kUuid, process_uuid());
  descriptor.add_message(field::kProcess, process);
  descriptor.add_varint(field::kChildOrdering, kExplicitOrder);
  send(descriptor, field::kTrackDescriptor, {});
}

void TraceStream::declare(Track track, ProtoMessage& descriptor) {
  descriptor.add_varint(field::kUuid, uuid(track));
  descriptor.add_varint(field::kParentUuid, process_uuid());
  descriptor.add_varint(field::kSiblingOrderRank, declared_tracks_++);
  send(descriptor, field::kTrackDescriptor, {});
}

void TraceStream::declare_track(Track track, std::string_view name) {
  ProtoMessage descriptor;
  descriptor.add_bytes(field::kTrackName, name);
  declare(track, descriptor);
}

void TraceStream::declare_counter(Track track, std::string_view name, std::string_view unit) {
  ProtoMessage counter, descriptor;
  counter.add_bytes(field::kUnitName, unit);
  descriptor.add_bytes(field::kTrackName, name);
  descriptor.add_message(field::kCounter, counter);
  declare(track, descriptor);
}

void TraceStream::begin(Track track, Time start, std::string_view name) {
  begun_ = start;
  event_.add_varint(field::kType, kSliceBegin);
  event_.add_varint(field::kTrackUuid, uuid(track));
  const std::uint64_t id = intern(names_, name);
  id != 0 ? event_.add_varint(field::kNameIid, id) : event_.add_bytes(field::kName, name);
}

void TraceStream::annotate(std::string_view name, std::string_view words) {
  const std::uint64_t name_id = intern(annotation_names_, name);
  const std::uint64_t words_id = intern(annotation_words_, words);
  part_.clear();
  name_id != 0 ? part_.add_varint(field::kAnnotationNameIid, name_id)
               : part_.add_bytes(field::kAnnotationName, name);
  words_id != 0 ? part_.add_varint(field::kStringValueIid, words_id)
                : part_.add_bytes(field::kStringValue, words);
  event_.add_message(field::kAnnotations, part_);
}

void TraceStream::annotate(std::string_view name, double number) {
  const std::uint64_t name_id = intern(annotation_names_, name);
  part_.clear();
  name_id != 0 ? part_.add_varint(field::kAnnotationNameIid, name_id)
               : part_.add_bytes(field::kAnnotationName, name);
  part_.add_double(field::kDoubleValue, number);
  event_.add_message(field::kAnnotations, part_);
}

void TraceStream::start_flow(std::uint64_t id) {
  event_.add_fixed64(field::kFlowIds, id);
}

void TraceStream::end_flow(std::uint64_t id) {
  event_.add_fixed64(field::kTerminatingFlowIds, id);
}

void TraceStream::end(Track track, Time end) {
  send_event(begun_);
  event_.add_varint(field::kType, kSliceEnd);
  event_.add_varint(field::kTrackUuid, uuid(track));
  send_event(end);
}

void TraceStream::count(Track track, Time at, double value) {
  event_.add_varint(field::kType, kCounterValue);
  event_.add_varint(field::kTrackUuid, uuid(track));
  event_.add_double(field::kDoubleCounterValue, value);
  send_event(at);
}

}  // namespace trainyard
