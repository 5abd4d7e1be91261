// SPDX-License-Identifier: Apache-2.0
// A few large numbers beside each other, each with its name above and words below.
#pragma once

#include <string>

#include "cluster_report/markup.h"

namespace trainyard {

class Tiles {
 public:
  explicit Tiles(Markup& page) : page_(page) { page_.open("dl", {{"class", "tiles"}}); }
  void tile(const char* name, double value, const std::string& shown);
  // After the words below.
  void end_tile() {
    page_.close();
    page_.close();
  }
  void close() { page_.close(); }

 private:
  Markup& page_;
};

}  // namespace trainyard
