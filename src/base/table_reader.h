// SPDX-License-Identifier: Apache-2.0
// Gives meaning to a table of a Document, key by key. Every fault names file, line, key, what must
// hold and what would be right; a key that nobody asked for is a fault too, with the nearest name.
//
//   TableReader plan = scenario.table("plan");
//   const std::int64_t tensor = plan.count("tensor", 1);
//   plan.finish();
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/document.h"
#include "base/fault.h"

namespace trainyard {

class TableReader {
 public:
  explicit TableReader(const Document& document);
  TableReader(const DocumentNode& table, std::string file, std::string path);

  bool has(const std::string& key) const;

  // Whole numbers from 1 to 1e15, or from `least`. Without a default the key must be there.
  std::int64_t count(const std::string& key, std::optional<std::int64_t> otherwise = {},
                     std::int64_t least = 1);
  // Finite numbers within [least, most].
  double number(const std::string& key, double least, double most,
                std::optional<double> otherwise = {});
  bool truth(const std::string& key, std::optional<bool> otherwise = {});
  std::string words(const std::string& key, std::optional<std::string> otherwise = {});
  // One of `choices`; the fault lists them.
  std::string choice(const std::string& key, const std::vector<std::string>& choices,
                     std::optional<std::string> otherwise = {});
  // The same as the value of an enum, whose values are in the order of `choices`.
  template <typename Choice>
  Choice choice_of(const std::string& key, const std::vector<std::string>& choices,
                   std::optional<std::string> otherwise = {}) {
    const std::string chosen = choice(key, choices, std::move(otherwise));
    std::size_t at = 0;
    while (choices[at] != chosen) ++at;
    return static_cast<Choice>(at);
  }
  // A table that may be absent reads as an empty one.
  TableReader table(const std::string& key);
  std::vector<TableReader> tables(const std::string& key);  // [[key]]; empty when absent
  // Any node, taken as it is; null when absent.
  const DocumentNode* node(const std::string& key);

  // Every key has been asked for by now; others are faults.
  void finish() const;

  const std::string& file() const { return file_; }
  int line(const std::string& key) const;  // of the table when there is no such key
  Fault fault(const std::string& key, std::string rule, std::string hint = {}) const;
  // `make()`, of something that the key names: a fault of it that has no place gets the key's.
  template <typename Make>
  auto at_key(const std::string& key, const Make& make) const {
    try {
      return make();
    } catch (const Fault& thrown) {
      if (thrown.place().known()) throw;
      throw fault(key, thrown.rule(), thrown.hint());
    }
  }
  std::vector<std::string> keys() const;

 private:
  const DocumentNode* find(const std::string& key);
  const DocumentNode& need(const std::string& key, const char* what);

  const DocumentNode* table_ = nullptr;  // null: absent
  int line_ = 1;
  std::string file_, path_;
  std::vector<std::string> asked_;
};

}  // namespace trainyard
