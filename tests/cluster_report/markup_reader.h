// SPDX-License-Identifier: Apache-2.0
// A page taken apart by a reader that knows nothing of its writer.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace trainyard {

// What is wrong with a page as XML, or nothing: elements that do not close, attributes without
// quotes, loose `<` and `&`. Fills what else it saw.
struct MarkupReader {
  explicit MarkupReader(const std::string& page) {
    std::size_t at = page.find("<html");
    while (wrong.empty() && at < page.size()) {
      if (page[at] == '<') {
        at = read_tag(page, at);
      } else {
        if (page[at] == '&') check_reference(page, at);
        text += page[at++];
      }
    }
    if (wrong.empty() && !open.empty()) wrong = open.back() + " stays open";
  }

  std::size_t read_tag(const std::string& page, std::size_t at) {
    std::size_t end = at + 1;
    bool quoted = false;
    for (; end < page.size() && (quoted || page[end] != '>'); ++end) {
      if (page[end] == '"') quoted = !quoted;
      if (page[end] == '&') check_reference(page, end);
      if (page[end] == '<') wrong = "a < inside " + page.substr(at, 40);
    }
    const std::string tag = page.substr(at + 1, end - at - 1);
    if (end == page.size() || tag.empty()) wrong = "a tag does not end: " + page.substr(at, 40);
    if (wrong.empty() && tag[0] == '/') {
      if (open.empty() || open.back() != tag.substr(1)) {
        wrong = tag + " closes " + (open.empty() ? "nothing" : open.back());
      } else {
        open.pop_back();
      }
    } else if (wrong.empty()) {
      read_attributes(tag);
      const std::string name = tag.substr(0, tag.find(' '));
      elements.push_back(name);
      if (tag.back() != '/') open.push_back(name);
    }
    return end + 1;
  }

  void read_attributes(const std::string& tag) {
    for (std::size_t at = tag.find(' '); at != std::string::npos;) {
      const std::size_t equals = tag.find("=\"", at);
      if (equals == std::string::npos) return;
      const std::size_t end = tag.find('"', equals + 2);
      const std::string name = tag.substr(at + 1, equals - at - 1);
      const std::string value = tag.substr(equals + 2, end - equals - 2);
      if (name == "value") numbers.push_back(std::strtod(value.c_str(), nullptr));
      if (name == "href" || name == "src" || name == "xlink:href") links.push_back(value);
      if (name == "id") ids.push_back(value);
      at = tag.find(' ', end);
    }
  }

  void check_reference(const std::string& page, std::size_t at) {
    const std::string name = page.substr(at, page.find(';', at) - at + 1);
    for (const char* known : {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"}) {
      if (name == known) return;
    }
    wrong = "a loose & in " + page.substr(at, 40);
  }

  std::string wrong, text;
  std::vector<std::string> open, elements, links, ids;
  std::vector<double> numbers;  // of <data value>
};

// All numbers of a JSON text that stand as values, with their keys.
inline std::vector<std::pair<std::string, double>> numbers_of(const std::string& json) {
  std::vector<std::pair<std::string, double>> numbers;
  for (std::size_t at = json.find("\": "); at != std::string::npos;
       at = json.find("\": ", at + 1)) {
    const char first = json[at + 3];
    if (first != '-' && std::isdigit(static_cast<unsigned char>(first)) == 0) continue;
    const std::size_t begin = json.rfind('"', at - 1) + 1;
    numbers.emplace_back(json.substr(begin, at - begin), std::strtod(&json[at + 3], nullptr));
  }
  return numbers;
}

// What of a page is not in it: addresses elsewhere, and links to parts that it has not once.
inline std::vector<std::string> needed_from_elsewhere(const std::string& page) {
  std::vector<std::string> found;
  for (const char* word : {"http:", "https:", "url(", "@import", "fetch(", " src=", "//cdn"}) {
    if (page.find(word) != std::string::npos) found.emplace_back(word);
  }
  const MarkupReader reader(page);
  for (const std::string& link : reader.links) {
    if (link == "data:,") continue;
    if (link[0] != '#' || std::count(reader.ids.begin(), reader.ids.end(), link.substr(1)) != 1) {
      found.push_back(link);
    }
  }
  return found;
}

// The keys of a JSON text's numbers that a page does not show with all their digits. A part that
// takes nothing has no row.
inline std::vector<std::string> numbers_left_out(const std::string& json,
                                                 const MarkupReader& page) {
  std::vector<std::string> left_out;
  for (const auto& [key, number] : numbers_of(json)) {
    if (number != 0 &&
        std::find(page.numbers.begin(), page.numbers.end(), number) == page.numbers.end()) {
      left_out.push_back(key + " = " + std::to_string(number));
    }
  }
  return left_out;
}

}  // namespace trainyard
