// SPDX-License-Identifier: Apache-2.0
#include "cluster_report/document_page.h"

#include "cluster_report/page_style.h"

namespace trainyard {
namespace {

void write_head(Markup& page, const std::string& title) {
  page.open("head");
  page.empty("meta", {{"charset", "utf-8"}});
  page.empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  // A browser would ask the site for an icon.
  page.empty("link", {{"rel", "icon"}, {"href", "data:,"}});
  page.element("title", title);
  page.open("style");
  page.raw(kPageStyle);
  page.close();
  page.close();
}

}  // namespace

std::string document_page(const std::string& title, const std::function<void(Markup&)>& headline,
                          const std::vector<PagePart>& parts) {
  Markup page;
  page.raw("<!DOCTYPE html>\n");
  page.open("html", {{"lang", "en"}});
  write_head(page, title);
  page.open("body");
  page.open("main");
  headline(page);
  page.open("nav", {{"aria-label", "Parts of this report"}});
  for (const PagePart& part : parts) page.element("a", {{"href", "#" + part.id}}, part.name);
  page.close();
  for (const PagePart& part : parts) {
    page.open("section", {{"id", part.id}});
    part.write(page);
    page.close();
  }
  page.element("footer",
               "Made by trainyard cluster. A model, not a measurement: docs/validation.md says how "
               "far it is off on published ones. Names of products are their owners'.");
  page.close();
  page.open("script");
  page.raw(kPageScript);
  page.close();
  page.close();
  page.close();
  return page.finished();
}

}  // namespace trainyard
