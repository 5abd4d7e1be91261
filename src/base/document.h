// SPDX-License-Identifier: Apache-2.0
// A TOML, JSON or CSV text as a tree that knows its lines, so that whoever gives it meaning can say
// where a value stands that is wrong.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trainyard {

struct DocumentNode {
  enum class Kind : std::uint8_t { null, truth, number, words, list, table };

  Kind kind = Kind::null;
  int line = 0;        // from 1
  bool truth = false;  // of Kind::truth
  bool whole = false;  // a number written as an integer
  double number = 0;
  std::string words;
  std::vector<DocumentNode> items;                                 // of a list
  std::vector<std::pair<std::string, DocumentNode>> members = {};  // of a table, as written

  bool is(Kind wanted) const { return kind == wanted; }
  // Of a table; null when there is no such key.
  const DocumentNode* find(std::string_view key) const;
};

struct Document {
  std::string file;
  DocumentNode root;  // a table
};

// All throw Fault(usage) with file and line for text that is not of the form, is larger than
// 1 MiB (TOML) or 64 MiB (JSON, CSV), or nests deeper than 64.
Document parse_toml(std::string_view text, const std::string& file);
Document parse_json(std::string_view text, const std::string& file);
// Rows under a first line of names are the tables of a list "row"; a cell is a number or words, an
// empty one is absent. Lines that are empty or begin with # are left out. No quotes.
Document parse_csv(std::string_view text, const std::string& file);
// By the name's ending: .json is JSON, .csv is CSV, everything else TOML.
Document read_document(const std::string& file);

// The whole of a file, at most `max_bytes` of it; `what` names it in the fault: "the machine file".
std::string read_text(const std::string& file, const std::string& what, std::size_t max_bytes);

}  // namespace trainyard
