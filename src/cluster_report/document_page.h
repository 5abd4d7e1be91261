// SPDX-License-Identifier: Apache-2.0
// The frame of a report: one HTML file that needs nothing else, with its title, what stands above
// all, links to its parts, and the parts.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cluster_report/markup.h"

namespace trainyard {

struct PagePart {
  std::string id;    // of its <section>
  std::string name;  // in the links
  std::function<void(Markup&)> write;
};

std::string document_page(const std::string& title, const std::function<void(Markup&)>& headline,
                          const std::vector<PagePart>& parts);

}  // namespace trainyard
