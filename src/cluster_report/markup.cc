// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/markup.h"

#include <utility>

#include <fmt/format.h>

#include "base/fault.h"
#include "base/utf8.h"

namespace trainyard {

std::string escape_markup(std::string_view words) {
  constexpr const char* kReplacement = "\xef\xbf\xbd";
  std::string escaped;
  while (!words.empty()) {
    const std::size_t length = utf8_length(words);
    const auto first = static_cast<unsigned char>(words.front());
    const bool control = first < 0x20 && first != '\n' && first != '\t';
    if (length == 0 || control || first == 0x7f) {
      escaped += kReplacement;
    } else if (first == '&') {
      escaped += "&amp;";
    } else if (first == '<') {
      escaped += "&lt;";
    } else if (first == '>') {
      escaped += "&gt;";
    } else if (first == '"') {
      escaped += "&quot;";
    } else if (first == '\'') {
      escaped += "&#39;";
    } else {
      escaped += words.substr(0, length);
    }
    words.remove_prefix(length == 0 ? 1 : length);
  }
  return escaped;
}

void Markup::begin(std::string_view element, const Attributes& attributes) {
  text_ += '<';
  text_ += element;
  for (const auto& [name, value] : attributes) {
    text_ += ' ';
    text_ += name;
    text_ += "=\"";
    text_ += escape_markup(value);
    text_ += '"';
  }
}

void Markup::open(std::string_view element, const Attributes& attributes) {
  begin(element, attributes);
  text_ += '>';
  open_.emplace_back(element);
}

void Markup::close() {
  if (open_.empty()) throw Fault(FaultKind::internal, "more elements are closed than opened");
  const std::string element = std::move(open_.back());
  open_.pop_back();
  text_ += "</";
  text_ += element;
  // A line end within a sentence would be a blank.
  const bool in_a_sentence = element == "b" || element == "data";
  text_ += in_a_sentence ? ">" : ">\n";
}

void Markup::text(std::string_view words) {
  text_ += escape_markup(words);
}

void Markup::element(std::string_view name, const Attributes& attributes, std::string_view words) {
  open(name, attributes);
  text(words);
  close();
}

void Markup::empty(std::string_view name, const Attributes& attributes) {
  begin(name, attributes);
  text_ += "/>\n";
}

void Markup::number(double exact, std::string_view shown) {
  open("data", {{"value", fmt::format("{}", exact)}});
  text(shown);
  close();
}

const std::string& Markup::finished() {
  if (!open_.empty()) {
    throw Fault(FaultKind::internal, fmt::format("<{}> is not closed", open_.back()));
  }
  return text_;
}

}  // namespace trainyard
