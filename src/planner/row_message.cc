// SPDX-License-Identifier: Apache-2.0
#include "planner/row_message.h"

#include <cstring>

namespace trainyard {
namespace {

template <typename Value>
void put(std::string& bytes, const Value& value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void put(std::string& bytes, const std::string& words) {
  put(bytes, static_cast<std::uint64_t>(words.size()));
  bytes += words;
}

class Reader {
 public:
  explicit Reader(const std::string& bytes) : bytes_(bytes) {}

  template <typename Value>
  Value value() {
    Value read{};
    need(sizeof(read));
    std::memcpy(&read, bytes_.data() + at_, sizeof(read));
    at_ += sizeof(read);
    return read;
  }
  std::string words() {
    const auto size = static_cast<std::size_t>(value<std::uint64_t>());
    need(size);
    at_ += size;
    return bytes_.substr(at_ - size, size);
  }

 private:
  void need(std::size_t size) const {
    if (size > bytes_.size() - at_) throw Fault(FaultKind::internal, "a row's message ends early");
  }

  const std::string& bytes_;
  std::size_t at_ = 0;
};

}  // namespace

std::string message_of(const SweepRow& row) {
  std::string bytes;
  put(bytes, row.point);
  put(bytes, row.key);
  put(bytes, row.fault);
  put(bytes, row.plan);
  put(bytes, static_cast<std::uint64_t>(row.numbers.size()));
  for (const double number : row.numbers) put(bytes, number);
  return bytes;
}

SweepRow row_of(const std::string& message) {
  Reader reader(message);
  SweepRow row;
  row.point = reader.value<std::int64_t>();
  row.key = reader.words();
  row.fault = reader.words();
  row.plan = reader.words();
  const auto count = reader.value<std::uint64_t>();
  for (std::uint64_t i = 0; i < count; ++i) row.numbers.push_back(reader.value<double>());
  return row;
}

}  // namespace trainyard
