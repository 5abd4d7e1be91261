// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/table.h"

#include <algorithm>

#include <fmt/format.h>

#include "cluster_report/quantity_text.h"
#include "cluster_report/sections.h"

namespace trainyard {

std::string part_words(const std::string& name) {
  std::string words = name;
  std::replace(words.begin(), words.end(), '_', ' ');
  return words == "hbm" ? "HBM" : words;
}

Table::Table(Markup& page, const std::string& caption, const std::vector<Column>& columns)
    : page_(page) {
  page_.open("div", {{"class", "scroll"}});
  page_.open("table");
  if (!caption.empty()) page_.element("caption", caption);
  page_.open("thead");
  page_.open("tr");
  for (const Column& column : columns) {
    Attributes attributes = {{"scope", "col"}};
    if (column.number) attributes.emplace_back("class", "n");
    if (column.title.empty()) attributes.emplace_back("class", "bar");
    page_.element("th", attributes, column.title);
  }
  page_.close();
  page_.close();
  page_.open("tbody");
}

void Table::row(const std::function<void(Table&)>& cells) {
  at_ = 0;
  page_.open("tr");
  cells(*this);
  page_.close();
}

void Table::open_cell(bool number) {
  if (at_++ == 0) {
    page_.open("th", {{"scope", "row"}});
  } else {
    page_.open("td", number ? Attributes{{"class", "n"}} : Attributes{});
  }
}

void Table::cell(const std::string& words) {
  open_cell(false);
  page_.text(words);
  page_.close();
}

void Table::cell(double exact, const std::string& shown) {
  open_cell(true);
  page_.number(exact, shown);
  page_.close();
}

void Table::cell(const Attributes& attributes, const std::string& words) {
  ++at_;
  page_.element("td", attributes, words);
}

void Table::badge(const std::string& origin) {
  open_cell(false);
  page_.element("span", {{"class", "badge c-" + origin}}, origin);
  page_.close();
}

void Table::close() {
  for (int i = 0; i < 3; ++i) page_.close();
}

void folded_table(Markup& page, const std::string& summary, const std::vector<Column>& columns,
                  const std::function<void(Table&)>& rows) {
  page.open("details");
  page.element("summary", summary);
  Table table(page, {}, columns);
  rows(table);
  table.close();
  page.close();
}

Facts::Facts(Markup& page) : page_(page) {
  page_.open("div", {{"class", "scroll"}});
  page_.open("table");
  page_.open("tbody");
}

void Facts::begin(const char* name) {
  page_.open("tr");
  page_.element("th", {{"scope", "row"}}, name);
  page_.open("td");
}

void Facts::end() {
  page_.close();
  page_.close();
}

void Facts::words(const char* name, const std::string& value) {
  begin(name);
  page_.text(value);
  end();
}

void Facts::number(const char* name, double value, const std::string& shown) {
  begin(name);
  page_.number(value, shown);
  end();
}

void Facts::count(const char* name, std::int64_t value) {
  number(name, static_cast<double>(value), count_text(static_cast<double>(value)));
}

void Facts::close() {
  for (int i = 0; i < 3; ++i) page_.close();
}

namespace {

void write_part(Markup& page, const Part& part, double share, double most) {
  page.open("tr");
  page.open("th", {{"scope", "row"}});
  page.element("span", {{"class", "swatch c-" + part.name}});
  page.text(part_words(part.name));
  page.close();
  page.open("td", {{"class", "bar"}});
  page.element("span", {{"class", "c-" + part.name},
                        {"style", fmt::format("width:{:.1f}%", 100 * part.value / most)}});
  page.close();
  page.open("td", {{"class", "n"}});
  page.number(part.value, part.shown);
  page.close();
  page.element("td", {{"class", "n"}}, percent_text(share));
  for (const auto& [value, shown] : part.more) {
    page.open("td", {{"class", "n"}});
    page.number(value, shown);
    page.close();
  }
  page.close();
}

}  // namespace

void write_parts(Markup& page, const std::string& label, const std::string& value_title,
                 const std::vector<Part>& parts, const std::vector<std::string>& more_titles) {
  double whole = 0, most = 0;
  for (const Part& part : parts) whole += part.value, most = std::max(most, part.value);
  if (whole <= 0) return;
  page.open("div", {{"class", "strip"}, {"role", "img"}, {"aria-label", label}});
  for (const Part& part : parts) {
    if (part.value <= 0) continue;
    page.element("span", {{"class", "c-" + part.name},
                          {"style", fmt::format("flex:{:.4f} 0 0", 100 * part.value / whole)},
                          {"title", fmt::format("{}: {}, {}", part_words(part.name), part.shown,
                                                percent_text(part.value / whole))}});
  }
  page.close();
  std::vector<Column> columns = {{"part"}, {""}, {value_title, true}, {"share", true}};
  for (const std::string& title : more_titles) columns.push_back({title, true});
  Table table(page, {}, columns);
  for (const Part& part : parts) {
    if (part.value > 0) write_part(page, part, part.value / whole, most);
  }
  table.close();
}

}  // namespace trainyard
