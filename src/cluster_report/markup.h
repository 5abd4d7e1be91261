// SPDX-License-Identifier: Apache-2.0
// HTML and SVG text, written in order: what is opened is closed, and whatever a user wrote is
// escaped. The text is well-formed XML too, so that any reader can take it apart.
//
//   Markup page;
//   page.open("p", {{"class", "lead"}});
//   page.text("5 < 6");
//   page.close();
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trainyard {

using Attributes = std::vector<std::pair<std::string_view, std::string>>;

class Markup {
 public:
  void open(std::string_view element, const Attributes& attributes = {});
  void close();
  void text(std::string_view words);
  // Opened and closed, with these words in it.
  void element(std::string_view name, const Attributes& attributes, std::string_view words = {});
  void element(std::string_view name, std::string_view words) { element(name, {}, words); }
  // Of HTML's elements without content, and of SVG's shapes.
  void empty(std::string_view name, const Attributes& attributes = {});
  // A number as people read it, with all its digits for machines.
  void number(double exact, std::string_view shown);
  // Text of ours that is no user's: a style, a script.
  void raw(std::string_view text) { text_ += text; }

  // Everything is closed by then.
  const std::string& finished();

 private:
  void begin(std::string_view element, const Attributes& attributes);

  std::string text_;
  std::vector<std::string> open_;
};

// `&`, `<`, `>` and quotes as references; control characters and bytes that are not UTF-8 as
// U+FFFD.
std::string escape_markup(std::string_view words);

}  // namespace trainyard
