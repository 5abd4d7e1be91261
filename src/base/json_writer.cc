// SPDX-License-Identifier: Apache-2.0
#include "base/json_writer.h"

#include <cmath>
#include <cstddef>
#include <iterator>

#include <fmt/format.h>

#include "base/fault.h"
#include "base/utf8.h"

namespace trainyard {
namespace {

void require(bool held, const char* rule) {
  if (!held) throw Fault(FaultKind::internal, rule);
}

}  // namespace

void JsonWriter::key(std::string_view name) {
  require(!levels_.empty() && levels_.back().closing == '}' && !after_key_,
          "a JSON key stands in an object");
  before_item();
  quote(name);
  text_ += ": ";
  after_key_ = true;
}

void JsonWriter::value(std::string_view words) {
  before_item();
  quote(words);
}

void JsonWriter::value(double number) {
  if (std::isfinite(number)) {
    raw(fmt::format("{}", number));
  } else {
    null();
  }
}

const std::string& JsonWriter::text() {
  require(levels_.empty() && !text_.empty(), "a JSON text is read when everything is closed");
  if (!finished_) text_ += '\n';
  finished_ = true;
  return text_;
}

void JsonWriter::open(char bracket) {
  before_item();
  text_ += bracket;
  levels_.push_back({bracket == '{' ? '}' : ']', true});
}

void JsonWriter::close(char bracket) {
  require(!levels_.empty() && levels_.back().closing == bracket && !after_key_,
          "JSON brackets close in the order they opened");
  const bool empty = levels_.back().empty;
  levels_.pop_back();
  if (!empty) {
    text_ += '\n';
    text_.append(2 * levels_.size(), ' ');
  }
  text_ += bracket;
}

void JsonWriter::raw(std::string_view token) {
  before_item();
  text_ += token;
}

void JsonWriter::before_item() {
  if (after_key_) {
    after_key_ = false;
    return;
  }
  if (levels_.empty()) {
    require(text_.empty(), "a JSON text is one value");
    return;
  }
  if (!levels_.back().empty) text_ += ',';
  levels_.back().empty = false;
  text_ += '\n';
  text_.append(2 * levels_.size(), ' ');
}

void JsonWriter::quote(std::string_view words) {
  text_ += '"';
  while (!words.empty()) {
    const std::size_t length = utf8_length(words);
    const char first = words.front();
    if (length == 0) {
      text_ += "\\ufffd";
    } else if (first == '"' || first == '\\') {
      text_ += '\\';
      text_ += first;
    } else if (length == 1 && static_cast<unsigned char>(first) < 0x20) {
      fmt::format_to(std::back_inserter(text_), "\\u{:04x}", static_cast<unsigned>(first));
    } else {
      text_ += words.substr(0, length);
    }
    words.remove_prefix(length == 0 ? 1 : length);
  }
  text_ += '"';
}

}  // namespace trainyard
