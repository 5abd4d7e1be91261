// SPDX-License-Identifier: Apache-2.0
// Colour refinement of a graph of two sides by splitters, largest part kept (Hopcroft's rule): the
// coarsest partition in which all nodes of a class have as many neighbours as each other in every
// class. Costs O(edges log nodes); a defect touches only what it sets apart.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace trainyard {

class Partition {
 public:
  // Nodes begin in the classes `class_of`, counted from 0 without a gap.
  Partition(const std::vector<std::uint32_t>& class_of, std::uint32_t classes);

  // A class by which others are still to be split, taken from the queue; false if there is none.
  bool next_splitter(std::uint32_t& splitter);
  std::span<const std::uint32_t> nodes(std::uint32_t of) const {
    return {node_at_.data() + classes_[of].first, classes_[of].size};
  }
  // Counts that `node` is a neighbour of the splitter, over so many edges.
  void touch(std::uint32_t node, std::uint32_t edges = 1) {
    if (nodes_[node].count == 0) touched_.push_back(node);
    nodes_[node].count += edges;
  }
  // Splits every class that was touched by how often its nodes were.
  void split();

  std::uint32_t size() const { return static_cast<std::uint32_t>(classes_.size()); }
  std::uint32_t class_of(std::uint32_t node) const { return nodes_[node].class_of; }

 private:
  struct Node {
    std::uint32_t class_of, place, count;
  };
  struct Class {
    std::uint32_t first = 0, size = 0;
    // While it is split: its touched nodes, how often each was, where they begin.
    std::uint32_t touched = 0, least = 0, most = 0, tail = 0;
  };
  struct Part {
    std::uint32_t first, size;
  };

  static bool splits(const Class& of) { return of.touched < of.size || of.least < of.most; }
  void gather_touched();
  void move_to_tail(std::uint32_t node);
  void split_off(std::uint32_t number);
  void set_apart(const Part& part);

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> node_at_;
  std::vector<Class> classes_;
  std::vector<std::uint32_t> queue_, touched_;
  std::vector<Part> parts_;
  std::size_t next_ = 0;
};

}  // namespace trainyard
