// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/tiles.h"

namespace trainyard {

void Tiles::tile(const char* name, double value, const std::string& shown) {
  page_.open("div");
  page_.element("dt", name);
  page_.open("dd", {{"class", "big"}});
  page_.number(value, shown);
  page_.close();
  page_.open("dd", {{"class", "small"}});
}

}  // namespace trainyard
