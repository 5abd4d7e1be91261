// SPDX-License-Identifier: Apache-2.0
#include "report/trace_reader.h"

#include <bit>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <gtest/gtest.h>

namespace trainyard {
namespace {

std::uint64_t varint(const std::string& bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes.at(at++));
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  throw std::runtime_error("a varint of more than 10 bytes");
}

const WireField* find(const std::vector<WireField>& fields, std::uint32_t number) {
  for (const WireField& field : fields) {
    if (field.number == number) return &field;
  }
  return nullptr;
}

class Reader {
 public:
  ReadTrace read(const std::string& trace) {
    for (const WireField& packet : decode(trace)) {
      EXPECT_EQ(packet.number, 1u);
      read_packet(decode(packet.bytes));
    }
    EXPECT_TRUE(open_.empty()) << "a slice was never ended";
    return result_;
  }

 private:
  void read_packet(const std::vector<WireField>& packet) {
    EXPECT_NE(find(packet, 10), nullptr) << "no sequence id";
    EXPECT_EQ(find(packet, 13)->value, first_ ? 1u : 2u);
    first_ = false;
    if (const WireField* interned = find(packet, 12)) read_interned(decode(interned->bytes));
    if (const WireField* track = find(packet, 60)) read_descriptor(decode(track->bytes));
    if (const WireField* event = find(packet, 11)) {
      read_event(decode(event->bytes), find(packet, 8)->value);
    }
  }

  void read_interned(const std::vector<WireField>& interned) {
    for (const WireField& entry : interned) {
      const auto fields = decode(entry.bytes);
      strings_[entry.number][find(fields, 1)->value] = find(fields, 2)->bytes;
    }
  }

  void read_descriptor(const std::vector<WireField>& descriptor) {
    if (const WireField* process = find(descriptor, 3)) {
      result_.process = find(decode(process->bytes), 6)->bytes;
      process_ = find(descriptor, 1)->value;
      return;
    }
    EXPECT_EQ(find(descriptor, 5)->value, process_);
    index_[find(descriptor, 1)->value] = result_.tracks.size();
    ReadTrack track;
    track.name = find(descriptor, 2)->bytes;
    if (const WireField* counter = find(descriptor, 8)) {
      track.unit = find(decode(counter->bytes), 6)->bytes;
    }
    result_.tracks.push_back(track);
  }

  void read_event(const std::vector<WireField>& event, std::uint64_t at_ns) {
    const std::uint64_t uuid = find(event, 11)->value;
    ASSERT_TRUE(index_.count(uuid)) << "an event of an undeclared track";
    ReadTrack& track = result_.tracks[index_[uuid]];
    const std::uint64_t type = find(event, 9)->value;
    if (type == 4) {
      track.counts.push_back({at_ns, std::bit_cast<double>(find(event, 44)->value)});
    } else if (type == 1) {
      EXPECT_FALSE(open_[uuid]) << "slices of " << track.name << " overlap";
      if (!track.slices.empty()) {
        EXPECT_GE(at_ns, track.slices.back().end_ns) << track.name;
      }
      open_[uuid] = true;
      track.slices.push_back(read_slice(event, at_ns));
    } else {
      ASSERT_EQ(type, 2u);
      EXPECT_EQ(open_.erase(uuid), 1u);
      EXPECT_GE(at_ns, track.slices.back().start_ns);
      track.slices.back().end_ns = at_ns;
    }
  }

  ReadSlice read_slice(const std::vector<WireField>& event, std::uint64_t at_ns) {
    ReadSlice slice;
    slice.start_ns = at_ns;
    slice.name = strings_[2].at(find(event, 10)->value);
    for (const WireField& field : event) {
      if (field.number == 47) slice.flows_out.push_back(field.value);
      if (field.number == 48) slice.flows_in.push_back(field.value);
      if (field.number != 4) continue;
      const auto annotation = decode(field.bytes);
      const std::string name = strings_[3].at(find(annotation, 1)->value);
      if (const WireField* number = find(annotation, 5)) {
        slice.numbers[name] = std::bit_cast<double>(number->value);
      } else {
        slice.words[name] = strings_[29].at(find(annotation, 17)->value);
      }
    }
    return slice;
  }

  ReadTrace result_;
  bool first_ = true;
  std::uint64_t process_ = 0;
  std::map<std::uint64_t, std::size_t> index_;
  std::map<std::uint64_t, bool> open_;
  std::map<std::uint32_t, std::map<std::uint64_t, std::string>> strings_;
};

}  // namespace

std::vector<WireField> decode(const std::string& message) {
  std::vector<WireField> fields;
  for (std::size_t at = 0; at < message.size();) {
    const std::uint64_t key = varint(message, at);
    WireField field;
    field.number = static_cast<std::uint32_t>(key >> 3);
    field.wire_type = static_cast<std::uint32_t>(key & 7);
    if (field.wire_type == 0) {
      field.value = varint(message, at);
    } else if (field.wire_type == 1) {
      for (int b = 0; b < 8; ++b) {
        field.value |= std::uint64_t{static_cast<unsigned char>(message.at(at++))} << 8 * b;
      }
    } else if (field.wire_type == 2) {
      const std::uint64_t size = varint(message, at);
      if (size > message.size() - at) throw std::runtime_error("a field longer than its message");
      field.bytes = message.substr(at, size);
      at += size;
    } else {
      throw std::runtime_error("a wire type that a trace has no use for");
    }
    fields.push_back(field);
  }
  return fields;
}

const ReadTrack& ReadTrace::track(const std::string& name) const {
  for (const ReadTrack& track : tracks) {
    if (track.name == name) return track;
  }
  throw std::runtime_error("no track " + name);
}

ReadTrace read_trace(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string trace{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return Reader().read(trace);
}

}  // namespace trainyard
