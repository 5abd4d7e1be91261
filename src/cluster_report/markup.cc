// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/markup.h"

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
    text_ += "=\"" + escape_markup(value) + '"';
  }
}

void Markup::open(std::string_view element, const Attributes& attributes) {
  begin(element, attributes);
  text_ += '>';
  open_.emplace_back(element);
}

void Markup::close() {
  if (open_.empty()) throw Fault(FaultKind::internal, "more elements are closed than opened");
  text_ += "</" + open_.back() + ">\n";
  open_.pop_back();
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
  // No line end within a sentence.
  text_ += "</data>";
  open_.pop_back();
}

const std::string& Markup::finished() {
  if (!open_.empty()) throw Fault(FaultKind::internal, "<" + open_.back() + "> is not closed");
  return text_;
}

}  // namespace trainyard
