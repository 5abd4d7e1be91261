// SPDX-License-Identifier: Apache-2.0
#include "base/table_reader.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/nearest.h"

namespace trainyard {
namespace {

constexpr double kCountMax = 1e15;

}  // namespace

TableReader::TableReader(const Document& document) : table_(&document.root), file_(document.file) {}

TableReader::TableReader(const DocumentNode& table, std::string file, std::string path)
    : table_(&table), line_(table.line), file_(std::move(file)), path_(std::move(path)) {}

bool TableReader::has(const std::string& key) const {
  return table_ != nullptr && table_->find(key) != nullptr;
}

const DocumentNode* TableReader::find(const std::string& key) {
  asked_.push_back(key);
  return table_ == nullptr ? nullptr : table_->find(key);
}

int TableReader::line(const std::string& key) const {
  const DocumentNode* node = table_ == nullptr ? nullptr : table_->find(key);
  return node == nullptr ? line_ : node->line;
}

Fault TableReader::fault(const std::string& key, std::string rule, std::string hint) const {
  Fault fault(FaultKind::usage, std::move(rule), std::move(hint));
  fault.at({file_, line(key)}).in(path_.empty() || key.empty() ? path_ + key : path_ + "." + key);
  return fault;
}

const DocumentNode& TableReader::need(const std::string& key, const char* what) {
  const DocumentNode* node = find(key);
  if (node == nullptr) {
    throw fault(key, fmt::format("\"{}\" is missing", key), fmt::format("give {}", what));
  }
  return *node;
}

std::int64_t TableReader::count(const std::string& key, std::optional<std::int64_t> otherwise,
                                std::int64_t least) {
  if (otherwise.has_value() && !has(key)) {
    asked_.push_back(key);
    return *otherwise;
  }
  const DocumentNode& node = need(key, "a whole number");
  if (!node.is(DocumentNode::Kind::number) || node.number != std::floor(node.number)) {
    throw fault(key, "the value is a whole number");
  }
  if (!(node.number >= static_cast<double>(least)) || node.number > kCountMax) {
    throw fault(key, fmt::format("{} is outside what it can be", node.number),
                fmt::format("from {} to {}", least, kCountMax));
  }
  return static_cast<std::int64_t>(node.number);
}

double TableReader::number(const std::string& key, double least, double most,
                           std::optional<double> otherwise) {
  if (otherwise.has_value() && !has(key)) {
    asked_.push_back(key);
    return *otherwise;
  }
  const DocumentNode& node = need(key, "a number");
  if (!node.is(DocumentNode::Kind::number)) throw fault(key, "the value is a number");
  if (!(node.number >= least && node.number <= most)) {
    throw fault(key, fmt::format("{} is outside what it can be", node.number),
                fmt::format("from {} to {}", least, most));
  }
  return node.number;
}

bool TableReader::truth(const std::string& key, std::optional<bool> otherwise) {
  if (otherwise.has_value() && !has(key)) {
    asked_.push_back(key);
    return *otherwise;
  }
  const DocumentNode& node = need(key, "true or false");
  if (!node.is(DocumentNode::Kind::truth)) throw fault(key, "the value is true or false");
  return node.truth;
}

std::string TableReader::words(const std::string& key, std::optional<std::string> otherwise) {
  if (otherwise.has_value() && !has(key)) {
    asked_.push_back(key);
    return *otherwise;
  }
  const DocumentNode& node = need(key, "a string");
  if (!node.is(DocumentNode::Kind::words) || node.words.empty()) {
    throw fault(key, "the value is a non-empty string");
  }
  return node.words;
}

std::string TableReader::choice(const std::string& key, const std::vector<std::string>& choices,
                                std::optional<std::string> otherwise) {
  const std::string value = words(key, std::move(otherwise));
  if (std::find(choices.begin(), choices.end(), value) != choices.end()) return value;
  const std::string nearest = nearest_name(value, choices);
  const std::string guess = nearest.empty() ? "" : fmt::format("did you mean \"{}\"? ", nearest);
  throw fault(key, fmt::format("\"{}\" is unknown", value),
              fmt::format("{}there are {}", guess, fmt::join(choices, ", ")));
}

TableReader TableReader::table(const std::string& key) {
  const DocumentNode* node = find(key);
  const std::string path = path_.empty() ? key : path_ + "." + key;
  if (node == nullptr) {
    TableReader absent(*this);
    absent.table_ = nullptr;
    absent.asked_.clear();
    absent.path_ = path;
    return absent;
  }
  if (!node->is(DocumentNode::Kind::table)) {
    throw fault(key, "this is a table", fmt::format("write [{}] and its keys below", path));
  }
  return {*node, file_, path};
}

std::vector<TableReader> TableReader::tables(const std::string& key) {
  const DocumentNode* node = find(key);
  if (node == nullptr) return {};
  const std::string path = path_.empty() ? key : path_ + "." + key;
  std::vector<TableReader> list;
  if (node->is(DocumentNode::Kind::list)) {
    for (const DocumentNode& item : node->items) {
      if (item.is(DocumentNode::Kind::table)) {
        list.emplace_back(item, file_, fmt::format("{}[{}]", path, list.size()));
      }
    }
  }
  if (!node->is(DocumentNode::Kind::list) || list.size() != node->items.size()) {
    throw fault(key, "this is a list of tables", fmt::format("write [[{}]] before each", path));
  }
  return list;
}

const DocumentNode* TableReader::node(const std::string& key) {
  return find(key);
}

std::vector<std::string> TableReader::keys() const {
  std::vector<std::string> names;
  if (table_ != nullptr) {
    for (const auto& member : table_->members) names.push_back(member.first);
  }
  return names;
}

void TableReader::finish() const {
  for (const std::string& key : keys()) {
    if (std::find(asked_.begin(), asked_.end(), key) != asked_.end()) continue;
    std::vector<std::string> known = asked_;
    std::sort(known.begin(), known.end());
    known.erase(std::unique(known.begin(), known.end()), known.end());
    const std::string nearest = nearest_name(key, known);
    throw fault(key, fmt::format("unknown key \"{}\"", key),
                nearest.empty() ? fmt::format("there are {}", fmt::join(known, ", "))
                                : fmt::format("did you mean \"{}\"?", nearest));
  }
}

}  // namespace trainyard
