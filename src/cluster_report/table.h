// SPDX-License-Identifier: Apache-2.0
// Tables of a report: plain ones, ones folded away behind a picture, and parts of a whole with
// their bars.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cluster_report/markup.h"

namespace trainyard {

struct Column {
  std::string title;
  bool number = false;
};

// One row at a time; the first cell is the row's heading.
class Table {
 public:
  Table(Markup& page, const std::string& caption, const std::vector<Column>& columns);
  void row(const std::function<void(Table&)>& cells);
  void cell(const std::string& words);
  void cell(double exact, const std::string& shown);
  void cell(const Attributes& attributes, const std::string& words);
  void badge(const std::string& origin);  // coloured by class "c-ORIGIN"
  void close();

 private:
  void open_cell(bool number);

  Markup& page_;
  std::size_t at_ = 0;
};

// A table that a reader unfolds.
void folded_table(Markup& page, const std::string& summary, const std::vector<Column>& columns,
                  const std::function<void(Table&)>& rows);

// What is so and so, one a row.
class Facts {
 public:
  explicit Facts(Markup& page);
  void words(const char* name, const std::string& value);
  void number(const char* name, double value, const std::string& shown);
  void count(const char* name, std::int64_t value);
  void close();

 private:
  void begin(const char* name);
  void end();

  Markup& page_;
};

struct Part {
  std::string name;  // of the CSS class and, as words, of the row
  double value = 0;
  std::string shown;
  std::vector<std::pair<double, std::string>> more;  // columns after the share
};

// A strip of all parts, and a row for each with a bar, its value and its share.
void write_parts(Markup& page, const std::string& label, const std::string& value_title,
                 const std::vector<Part>& parts, const std::vector<std::string>& more_titles = {});

}  // namespace trainyard
