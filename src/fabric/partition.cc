// SPDX-License-Identifier: Apache-2.0
#include "fabric/partition.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace trainyard {

Partition::Partition(const std::vector<std::uint32_t>& class_of, std::uint32_t classes)
    : nodes_(class_of.size()), node_at_(class_of.size()), classes_(classes), queue_(classes) {
  for (const std::uint32_t of : class_of) ++classes_[of].size;
  for (std::uint32_t of = 1; of < classes; ++of) {
    classes_[of].first = classes_[of - 1].first + classes_[of - 1].size;
  }
  std::vector<std::uint32_t> next;
  for (const Class& each : classes_) next.push_back(each.first);
  for (std::uint32_t node = 0; node < class_of.size(); ++node) {
    const std::uint32_t place = next[class_of[node]]++;
    nodes_[node] = {class_of[node], place, 0};
    node_at_[place] = node;
  }
  std::iota(queue_.begin(), queue_.end(), 0U);
}

bool Partition::next_splitter(std::uint32_t& splitter) {
  if (next_ == queue_.size()) return false;
  splitter = queue_[next_++];
  return true;
}

void Partition::split() {
  std::vector<std::uint32_t> hit;
  for (const std::uint32_t node : touched_) {
    const std::uint32_t number = nodes_[node].class_of, count = nodes_[node].count;
    Class& of = classes_[number];
    if (of.touched++ == 0) {
      hit.push_back(number);
      of.least = of.most = count;
      of.tail = of.first + of.size;
    } else {
      of.least = std::min(of.least, count);
      of.most = std::max(of.most, count);
    }
  }
  gather_touched();
  for (const std::uint32_t number : hit) {
    if (splits(classes_[number])) split_off(number);
    classes_[number].touched = 0;
  }
  for (const std::uint32_t node : touched_) nodes_[node].count = 0;
  touched_.clear();
}

// The touched nodes of each class that splits go to its end, those touched most often last.
void Partition::gather_touched() {
  struct Apart {
    std::uint32_t count, node;
  };
  std::vector<Apart> apart;
  for (const std::uint32_t node : touched_) {
    const Class& of = classes_[nodes_[node].class_of];
    if (!splits(of)) continue;
    if (of.least == of.most) {
      move_to_tail(node);
    } else {
      apart.push_back({nodes_[node].count, node});
    }
  }
  std::sort(apart.begin(), apart.end(), [](const Apart& a, const Apart& b) {
    return a.count != b.count ? a.count > b.count : a.node < b.node;
  });
  for (const Apart& each : apart) move_to_tail(each.node);
}

void Partition::move_to_tail(std::uint32_t node) {
  const std::uint32_t tail = --classes_[nodes_[node].class_of].tail;
  const std::uint32_t other = node_at_[tail];
  std::swap(node_at_[nodes_[node].place], node_at_[tail]);
  std::swap(nodes_[node].place, nodes_[other].place);
}

// The parts, from the untouched on; the largest stays the class that it was, and in the queue if
// it is there.
void Partition::split_off(std::uint32_t number) {
  const std::uint32_t first = classes_[number].first, tail = classes_[number].tail;
  const std::uint32_t end = first + classes_[number].size;
  parts_.clear();
  if (tail > first) parts_.push_back({first, tail - first});
  for (std::uint32_t i = tail, next = tail; i < end; i = next) {
    while (next < end && nodes_[node_at_[next]].count == nodes_[node_at_[i]].count) ++next;
    parts_.push_back({i, next - i});
  }
  const auto largest = std::max_element(
      parts_.begin(), parts_.end(), [](const Part& a, const Part& b) { return a.size < b.size; });
  classes_[number].first = largest->first;
  classes_[number].size = largest->size;
  for (const Part& part : parts_) {
    if (part.first != largest->first) set_apart(part);
  }
}

void Partition::set_apart(const Part& part) {
  const auto number = static_cast<std::uint32_t>(classes_.size());
  classes_.emplace_back();
  classes_.back().first = part.first;
  classes_.back().size = part.size;
  queue_.push_back(number);
  for (std::uint32_t i = part.first; i < part.first + part.size; ++i)
    nodes_[node_at_[i]].class_of = number;
}

}  // namespace trainyard
