// SPDX-License-Identifier: Apache-2.0
#include "fabric/partition.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace trainyard {

Partition::Partition(std::vector<std::uint32_t> class_of, std::uint32_t classes)
    : class_of_(std::move(class_of)),
      node_at_(class_of_.size()),
      place_(class_of_.size()),
      count_(class_of_.size()),
      classes_(classes),
      queue_(classes) {
  for (const std::uint32_t of : class_of_) ++classes_[of].size;
  for (std::uint32_t of = 1; of < classes; ++of) {
    classes_[of].first = classes_[of - 1].first + classes_[of - 1].size;
  }
  std::vector<std::uint32_t> next;
  for (const Class& each : classes_) next.push_back(each.first);
  for (std::uint32_t node = 0; node < class_of_.size(); ++node) {
    place_[node] = next[class_of_[node]]++;
    node_at_[place_[node]] = node;
  }
  std::iota(queue_.begin(), queue_.end(), 0U);
}

bool Partition::next_splitter(std::uint32_t& splitter) {
  if (next_ == queue_.size()) return false;
  splitter = queue_[next_++];
  return true;
}

void Partition::split() {
  for (const std::uint32_t node : touched_) {
    Class& of = classes_[class_of_[node]];
    const std::uint32_t count = count_[node];
    of.least = of.touched == 0 ? count : std::min(of.least, count);
    of.most = of.touched == 0 ? count : std::max(of.most, count);
    ++of.touched;
  }
  std::vector<std::uint32_t> apart;  // nodes of the classes that are split
  for (const std::uint32_t node : touched_) {
    const Class& of = classes_[class_of_[node]];
    if (of.touched < of.size || of.least < of.most) apart.push_back(node);
  }
  std::sort(apart.begin(), apart.end(), [&](std::uint32_t a, std::uint32_t b) {
    if (class_of_[a] != class_of_[b]) return class_of_[a] < class_of_[b];
    return count_[a] != count_[b] ? count_[a] < count_[b] : a < b;
  });
  for (const std::uint32_t node : touched_) classes_[class_of_[node]].touched = 0;
  for (std::size_t i = 0, next = 0; i < apart.size(); i = next) {
    const std::uint32_t of = class_of_[apart[i]];
    while (next < apart.size() && class_of_[apart[next]] == of) ++next;
    split({apart.data() + i, apart.data() + next});
  }
  for (const std::uint32_t node : touched_) count_[node] = 0;
  touched_.clear();
}

// The touched nodes of one class, sorted by their counts.
void Partition::split(std::span<const std::uint32_t> touched) {
  const std::uint32_t of = class_of_[touched.front()];
  const std::uint32_t first = classes_[of].first, size = classes_[of].size;
  std::uint32_t tail = first + size;
  for (const std::uint32_t node : touched) {  // to the end, the most often touched first
    const std::uint32_t other = node_at_[--tail];
    std::swap(node_at_[place_[node]], node_at_[tail]);
    std::swap(place_[node], place_[other]);
  }
  // The parts, from the untouched on; the largest stays the class that it was,
  // and in the queue if it is there.
  std::vector<std::pair<std::uint32_t, std::uint32_t>> parts;  // first, size
  if (tail > first) parts.emplace_back(first, tail - first);
  for (std::uint32_t i = tail, next = tail; i < first + size; i = next) {
    while (next < first + size && count_[node_at_[next]] == count_[node_at_[i]]) ++next;
    parts.emplace_back(i, next - i);
  }
  const auto largest = std::max_element(
      parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  classes_[of].first = largest->first;
  classes_[of].size = largest->second;
  for (const auto& part : parts) {
    if (part != *largest) set_apart(part.first, part.second);
  }
}

void Partition::set_apart(std::uint32_t first, std::uint32_t size) {
  const auto number = static_cast<std::uint32_t>(classes_.size());
  classes_.emplace_back();
  classes_.back().first = first;
  classes_.back().size = size;
  queue_.push_back(number);
  for (std::uint32_t i = first; i < first + size; ++i) class_of_[node_at_[i]] = number;
}

}  // namespace trainyard
