// SPDX-License-Identifier: Apache-2.0
// Traces of requests, line by line.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>

#include <fmt/format.h>

#include "base/document.h"
#include "serving/requests.h"

namespace trainyard {
namespace {

constexpr double kMostTokens = 1e7, kMostSeconds = 1e9;

class TraceParser {
 public:
  TraceParser(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  std::vector<Request> parse() {
    std::string_view first = next_line();
    while (first.empty() && at_ < text_.size()) first = next_line();
    if (first.empty()) throw wrong("a trace without a request", "one request a line");
    if (first.front() == '{') {
      json(first);
      while (at_ < text_.size()) {
        if (const std::string_view line = next_line(); !line.empty()) json(line);
      }
    } else {
      csv(first);
    }
    if (requests_.empty()) throw wrong("a trace without a request", "one request a line");
    std::stable_sort(requests_.begin(), requests_.end(),
                     [](const Request& a, const Request& b) { return a.arrival_s < b.arrival_s; });
    const double begin_s = requests_.front().arrival_s;
    for (Request& request : requests_) request.arrival_s -= begin_s;
    return std::move(requests_);
  }

 private:
  std::string_view next_line() {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string_view line = text_.substr(at_, end - at_);
    at_ = end + 1;
    ++line_;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    return line;
  }

  Fault wrong(std::string rule, std::string hint) const {
    Fault fault(FaultKind::usage, std::move(rule), std::move(hint));
    fault.at({file_, line_});
    return fault;
  }

  double number(std::string_view words, const char* what, double least, double most) const {
    double value = 0;
    const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), value);
    if (error != std::errc() || end != words.data() + words.size()) {
      throw wrong(fmt::format("{} is \"{}\", not a number", what, words), "a number");
    }
    return checked(value, what, least, most);
  }

  double checked(double value, const char* what, double least, double most) const {
    if (!(value >= least && value <= most)) {
      throw wrong(fmt::format("{} is {:g}", what, value),
                  fmt::format("from {:g} to {:g}", least, most));
    }
    return value;
  }

  std::int64_t tokens(double value, const char* what) const {
    if (value != std::floor(value))
      throw wrong(fmt::format("{} is {:g}", what, value), "a whole number");
    return static_cast<std::int64_t>(value);
  }

  void csv(std::string_view header) {
    const bool azure = header.rfind("TIMESTAMP,ContextTokens,GeneratedTokens", 0) == 0;
    const bool ours = header.rfind("arrival_s,input_tokens,output_tokens", 0) == 0;
    if (!azure && !ours) {
      throw wrong("the first line is of no known trace",
                  "arrival_s,input_tokens,output_tokens[,prefix] or "
                  "TIMESTAMP,ContextTokens,GeneratedTokens or lines of JSON");
    }
    while (at_ < text_.size()) {
      const std::string_view line = next_line();
      if (line.empty()) continue;
      std::array<std::string_view, 4> cells;
      std::size_t count = 0, begin = 0;
      for (; count < cells.size() && begin <= line.size(); ++count) {
        const std::size_t end = std::min(line.find(',', begin), line.size());
        cells[count] = line.substr(begin, end - begin);
        begin = end + 1;
      }
      if (count < 3 || begin <= line.size()) {
        throw wrong("a request has three cells, or four", std::string(header));
      }
      Request request;
      request.arrival_s =
          azure ? azure_s(cells[0]) : number(cells[0], "arrival_s", 0, kMostSeconds);
      request.input = tokens(number(cells[1], "input tokens", 1, kMostTokens), "input tokens");
      // Azure has requests that ended before their first token; they are prompts all the same.
      const double out = number(cells[2], "output tokens", azure ? 0 : 1, kMostTokens);
      request.output = std::max<std::int64_t>(1, tokens(out, "output tokens"));
      if (count == 4) hashes(cells[3], request);
      requests_.push_back(std::move(request));
    }
  }

  void hashes(std::string_view cell, Request& request) const {
    for (std::size_t begin = 0; begin < cell.size();) {
      const std::size_t end = std::min(cell.find(' ', begin), cell.size());
      if (end > begin) {
        const std::string_view word = cell.substr(begin, end - begin);
        request.prefix.push_back(
            static_cast<std::uint64_t>(number(word, "a prefix hash", 0, 9e15)));
      }
      begin = end + 1;
    }
  }

  // "2023-11-16 18:15:46.6805900": seconds since 1970.
  double azure_s(std::string_view words) const {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0;
    double second = 0;
    const std::string copy(words.substr(0, 40));
    const int read = std::sscanf(copy.c_str(), "%4d-%2d-%2d%*1[ T]%2d:%2d:%lf", &year, &month, &day,
                                 &hour, &minute, &second);
    if (read != 6 || year < 1970 || month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 ||
        minute > 59 || !(second >= 0 && second < 61)) {
      throw wrong(fmt::format("\"{}\" is not a time", words), "2023-11-16 18:15:46.6805900");
    }
    // Days from a civil date, years beginning in March.
    const int y = month > 2 ? year : year - 1;
    const int in_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    const int days = 365 * y + y / 4 - y / 100 + y / 400 + in_year - 719468;
    return days * 86400.0 + hour * 3600.0 + minute * 60.0 + second;
  }

  void json(std::string_view line) {
    Document document;
    try {
      document = parse_json(line, file_);
    } catch (const Fault& fault) {
      throw wrong(fault.rule(), fault.hint());
    }
    const auto value = [&](const char* key, double least, double most) {
      const DocumentNode* node = document.root.find(key);
      if (node == nullptr || !node->is(DocumentNode::Kind::number)) {
        throw wrong(fmt::format("a request without the number \"{}\"", key),
                    "timestamp, input_length, output_length[, hash_ids]");
      }
      return checked(node->number, key, least, most);
    };
    Request request;
    request.arrival_s = value("timestamp", 0, kMostSeconds * 1000) / 1000;
    request.input = tokens(value("input_length", 1, kMostTokens), "input_length");
    request.output =
        std::max<std::int64_t>(1, tokens(value("output_length", 0, kMostTokens), "output_length"));
    if (const DocumentNode* ids = document.root.find("hash_ids")) {
      for (const DocumentNode& id : ids->items) {
        if (!id.is(DocumentNode::Kind::number)) throw wrong("hash_ids are numbers", "[1, 2, 3]");
        request.prefix.push_back(
            static_cast<std::uint64_t>(checked(id.number, "a hash of hash_ids", 0, 9e15)));
      }
    }
    requests_.push_back(std::move(request));
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
  int line_ = 0;
  std::vector<Request> requests_;
};

}  // namespace

std::vector<Request> parse_trace(std::string_view text, const std::string& file) {
  return TraceParser(text, file).parse();
}

}  // namespace trainyard
