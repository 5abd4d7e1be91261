// SPDX-License-Identifier: Apache-2.0
// Protocol-buffer wire format, the four encodings that a Perfetto trace needs
// (protobuf.dev/programming-guides/encoding).
#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

namespace trainyard {

class ProtoMessage {
 public:
  void add_varint(std::uint32_t field, std::uint64_t value) {
    varint(field << 3);
    varint(value);
  }
  void add_fixed64(std::uint32_t field, std::uint64_t value) {
    varint(field << 3 | 1);
    for (int shift = 0; shift < 64; shift += 8) bytes_ += static_cast<char>(value >> shift);
  }
  void add_double(std::uint32_t field, double value) {
    add_fixed64(field, std::bit_cast<std::uint64_t>(value));
  }
  void add_bytes(std::uint32_t field, std::string_view value) {
    varint(field << 3 | 2);
    varint(value.size());
    bytes_ += value;
  }
  void add_message(std::uint32_t field, const ProtoMessage& message) {
    add_bytes(field, message.bytes_);
  }

  const std::string& bytes() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }
  void clear() { bytes_.clear(); }

 private:
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace trainyard
