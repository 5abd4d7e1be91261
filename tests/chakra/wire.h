// SPDX-License-Identifier: Apache-2.0
// Traces spelled byte by byte, as protobuf's encoding has it
// (protobuf.dev/programming-guides/encoding) and et_def.proto its fields: independent of the
// message classes that the reader uses.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

namespace trainyard::wire {

inline std::string varint(std::uint64_t value) {
  std::string made;
  for (; value >= 128; value >>= 7) made += static_cast<char>(value % 128 + 128);
  return made + static_cast<char>(value);
}
inline std::string number(int field, std::uint64_t value) {
  return varint(static_cast<std::uint64_t>(field) << 3) + varint(value);
}
inline std::string text(int field, const std::string& value) {
  return varint(static_cast<std::uint64_t>(field) << 3 | 2) + varint(value.size()) + value;
}

// Attributes of a node.
inline std::string whole(const std::string& name, std::int64_t value) {
  return text(10, text(1, name) + number(9, static_cast<std::uint64_t>(value)));
}
inline std::string truth(const std::string& name, bool value) {
  return text(10, text(1, name) + number(27, value ? 1 : 0));
}
inline std::string words(const std::string& name, const std::string& value) {
  return text(10, text(1, name) + text(29, value));
}
inline std::string real(const std::string& name, double value) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &value, 8);
  return text(10, text(1, name) + varint(3 << 3 | 1) + bytes);
}

struct Node {
  std::uint64_t id = 0;
  int type = 4;
  std::vector<std::uint64_t> data_deps = {}, ctrl_deps = {};
  std::uint64_t duration_micros = 0;
  std::string more = {};  // attributes
  std::string name = "n";

  std::string bytes() const {
    std::string made = number(1, id) + text(2, name) + number(3, static_cast<unsigned>(type));
    std::string packed;
    for (const std::uint64_t parent : ctrl_deps) packed += varint(parent);
    if (!packed.empty()) made += text(4, packed);
    for (const std::uint64_t parent : data_deps) made += number(5, parent);  // not packed
    if (duration_micros > 0) made += number(7, duration_micros);
    return made + more;
  }
};

inline Node compute(std::uint64_t id, std::uint64_t micros,
                    std::vector<std::uint64_t> parents = {}) {
  return {id, 4, std::move(parents), {}, micros};
}
inline Node collective(std::uint64_t id, int type, std::int64_t bytes,
                       std::vector<std::uint64_t> parents = {}, const std::string& group = "") {
  return {id,
          7,
          std::move(parents),
          {},
          0,
          whole("comm_type", type) + whole("comm_size", bytes) +
              (group.empty() ? "" : words("pg_name", group))};
}
inline Node send(std::uint64_t id, std::int64_t to, std::int64_t bytes,
                 std::vector<std::uint64_t> parents = {}, std::int64_t tag = 0) {
  return {id, 5, std::move(parents),
          {}, 0, whole("comm_dst", to) + whole("comm_size", bytes) + whole("comm_tag", tag)};
}
inline Node receive(std::uint64_t id, std::int64_t from, std::int64_t bytes,
                    std::vector<std::uint64_t> parents = {}, std::int64_t tag = 0) {
  return {id, 6, std::move(parents),
          {}, 0, whole("comm_src", from) + whole("comm_size", bytes) + whole("comm_tag", tag)};
}

inline std::string delimited(const std::string& message) {
  return varint(message.size()) + message;
}
inline std::string file(const std::vector<Node>& nodes) {
  std::string made = delimited(text(1, "1.0.0"));
  for (const Node& node : nodes) made += delimited(node.bytes());
  return made;
}

}  // namespace trainyard::wire
