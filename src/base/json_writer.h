// SPDX-License-Identifier: Apache-2.0
// JSON text, written in order: keys stay as they come, doubles are the shortest that read back as
// the same bits, what is not finite is null, and bytes that are not UTF-8 become U+FFFD.
//
//   JsonWriter json;
//   json.begin_object();
//   json.field("time_us", 1.5);
//   json.key("engines");
//   json.begin_array();
//   json.value("tensor");
//   json.end_array();
//   json.end_object();
//   json.text()
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace trainyard {

class JsonWriter {
 public:
  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);

  void value(std::string_view words);
  void value(const char* words) { value(std::string_view(words)); }
  void value(double number);
  void value(bool truth) { raw(truth ? "true" : "false"); }
  template <typename Whole, std::enable_if_t<std::is_integral_v<Whole>, int> = 0>
  void value(Whole number) {
    raw(std::to_string(number));
  }
  void null() { raw("null"); }

  template <typename T>
  void field(std::string_view name, const T& what) {
    key(name);
    value(what);
  }

  // A list of objects: `write` gives the fields of each.
  template <typename Items, typename Write>
  void objects(std::string_view name, const Items& items, const Write& write) {
    key(name);
    begin_array();
    for (const auto& item : items) {
      begin_object();
      write(item);
      end_object();
    }
    end_array();
  }

  // The whole text with a newline at its end; every object and array is closed by then.
  const std::string& text();

 private:
  struct Level {
    char closing;
    bool empty;
  };

  void open(char bracket);
  void close(char bracket);
  void raw(std::string_view token);
  void before_item();  // comma, line and indentation
  void quote(std::string_view words);

  std::string text_;
  std::vector<Level> levels_;
  bool after_key_ = false;
  bool finished_ = false;
};

}  // namespace trainyard
