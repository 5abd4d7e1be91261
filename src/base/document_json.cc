// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <iterator>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/document.h"
#include "base/fault.h"

namespace trainyard {
namespace {

constexpr int kDepthMax = 64;

// Counts the lines that the parser has taken: it reads no further than one letter beyond a value.
class CountingLetters {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingLetters(const char* at, int* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  CountingLetters& operator++() {
    if (*at_ == '\n') ++*line_;
    ++at_;
    return *this;
  }
  CountingLetters operator++(int) {
    CountingLetters before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingLetters& other) const { return at_ == other.at_; }
  bool operator!=(const CountingLetters& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  int* line_;
};

class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  TreeBuilder(const std::string& file, const int& line) : file_(file), line_(line) {}

  DocumentNode take() { return std::move(root_); }

  bool null() override {
    put(DocumentNode::Kind::null);
    return true;
  }
  bool boolean(bool truth) override {
    put(DocumentNode::Kind::truth).truth = truth;
    return true;
  }
  bool number_integer(number_integer_t number) override {
    return set_number(static_cast<double>(number), true);
  }
  bool number_unsigned(number_unsigned_t number) override {
    return set_number(static_cast<double>(number), true);
  }
  bool number_float(number_float_t number, const string_t& /*text*/) override {
    return set_number(number, false);
  }
  bool string(string_t& words) override {
    put(DocumentNode::Kind::words).words = std::move(words);
    return true;
  }
  bool binary(binary_t& /*bytes*/) override { return false; }
  bool start_object(std::size_t /*size*/) override { return open(DocumentNode::Kind::table); }
  bool start_array(std::size_t /*size*/) override { return open(DocumentNode::Kind::list); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t /*position*/, const std::string& /*token*/,
                   const nlohmann::detail::exception& error) override {
    std::string what = error.what();
    const std::size_t from = what.find("syntax error");
    if (from != std::string::npos) what = what.substr(from);
    throw Fault(FaultKind::usage, fmt::format("not JSON: {}", what)).at({file_, line_});
  }

 private:
  DocumentNode& slot() {
    if (open_.empty()) return root_;
    DocumentNode& parent = *open_.back();
    if (parent.is(DocumentNode::Kind::list)) return parent.items.emplace_back();
    for (const auto& [name, node] : parent.members) {
      if (name == key_) {
        throw Fault(FaultKind::usage, fmt::format("the key \"{}\" stands twice", key_),
                    fmt::format("the first is in line {}", node.line))
            .at({file_, line_});
      }
    }
    return parent.members.emplace_back(std::move(key_), DocumentNode{}).second;
  }

  DocumentNode& put(DocumentNode::Kind kind) {
    DocumentNode& node = slot();
    node.kind = kind;
    node.line = line_;
    return node;
  }

  bool set_number(double number, bool whole) {
    DocumentNode& node = put(DocumentNode::Kind::number);
    node.number = number;
    node.whole = whole;
    return true;
  }

  bool open(DocumentNode::Kind kind) {
    if (open_.size() >= kDepthMax) {
      throw Fault(FaultKind::usage, fmt::format("JSON nests deeper than {}", kDepthMax))
          .at({file_, line_});
    }
    open_.push_back(&put(kind));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  const std::string& file_;
  const int& line_;
  DocumentNode root_;
  std::vector<DocumentNode*> open_;  // from the root down; only the last grows
  std::string key_;
};

}  // namespace

Document parse_json(std::string_view text, const std::string& file) {
  int line = 1;
  TreeBuilder builder(file, line);
  nlohmann::json::sax_parse(CountingLetters(text.data(), &line),
                            CountingLetters(text.data() + text.size(), &line), &builder);
  Document document{file, builder.take()};
  if (!document.root.is(DocumentNode::Kind::table)) {
    throw Fault(FaultKind::usage, "the JSON text is no object", "it begins with {").at({file, 1});
  }
  return document;
}

}  // namespace trainyard
