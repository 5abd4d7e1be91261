// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/document.h"
#include "base/fault.h"

namespace trainyard {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const std::size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  while (true) {
    const std::size_t comma = line.find(',');
    cells.push_back(trimmed(line.substr(0, comma)));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

DocumentNode node_of(std::string_view cell, int line) {
  DocumentNode node;
  node.line = line;
  double number = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), number);
  if (error == std::errc() && end == cell.data() + cell.size() && std::isfinite(number)) {
    node.kind = DocumentNode::Kind::number;
    node.number = number;
    node.whole = number == std::floor(number);
  } else {
    node.kind = DocumentNode::Kind::words;
    node.words = std::string(cell);
  }
  return node;
}

class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& file) : text_(text) {
    made_.file = file;
    made_.root.kind = DocumentNode::Kind::table;
    made_.root.line = 1;
    rows_.kind = DocumentNode::Kind::list;
  }

  Document read() {
    while (!text_.empty()) {
      const std::size_t end = std::min(text_.find('\n'), text_.size());
      ++line_;
      const std::string_view line = trimmed(text_.substr(0, end));
      if (!line.empty() && line.front() != '#') add(cells_of(line));
      text_.remove_prefix(std::min(end + 1, text_.size()));
    }
    if (names_.empty()) throw fault("a table begins with a line of names", "kind,m,n,k,…");
    made_.root.members.emplace_back("row", std::move(rows_));
    return std::move(made_);
  }

 private:
  Fault fault(std::string rule, std::string hint) const {
    Fault made(FaultKind::usage, std::move(rule), std::move(hint));
    made.at({made_.file, std::max(1, line_)});
    return made;
  }

  void add(const std::vector<std::string_view>& cells) {
    if (names_.empty()) {
      names(cells);
      return;
    }
    if (cells.size() != names_.size()) {
      throw fault(fmt::format("{} cells under {} names", cells.size(), names_.size()),
                  "as many commas in every line; leave a cell empty");
    }
    DocumentNode row;
    row.kind = DocumentNode::Kind::table;
    row.line = line_;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (!cells[i].empty()) row.members.emplace_back(names_[i], node_of(cells[i], line_));
    }
    rows_.items.push_back(std::move(row));
  }

  void names(const std::vector<std::string_view>& cells) {
    rows_.line = line_;
    for (const std::string_view cell : cells) {
      const std::string name(cell);
      if (name.empty() || std::count(names_.begin(), names_.end(), name) > 0) {
        throw fault(fmt::format("column \"{}\" is no name of its own", name),
                    "every column has a name, once");
      }
      names_.push_back(name);
    }
  }

  std::string_view text_;
  Document made_;
  DocumentNode rows_;
  std::vector<std::string> names_;
  int line_ = 0;
};

}  // namespace

Document parse_csv(std::string_view text, const std::string& file) {
  return CsvReader(text, file).read();
}

}  // namespace trainyard
