// SPDX-License-Identifier: Apache-2.0
#include "serving_report/serving_page.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "cluster_report/markup_reader.h"
#include "serving/serving_fixture.h"

namespace trainyard {
namespace {

// A scenario small enough to be run again for each assumed number.
std::string small(const std::string& text = kServing) {
  return changed(text, "count = 2000", "count = 200");
}

std::string page_of(const std::string& text) {
  const ServingScenario scenario = serving_of(text);
  return serving_html(scenario, answer(scenario), text);
}

void expect_all_numbers(const std::string& text) {
  const ServingScenario scenario = serving_of(text);
  const ServingAnswer answered = answer(scenario);
  const MarkupReader page(serving_html(scenario, answered, text));
  EXPECT_EQ(page.wrong, "");
  const std::string json = serving_json(scenario, answered);
  ASSERT_GT(numbers_of(json).size(), 300u);
  EXPECT_EQ(numbers_left_out(json, page), std::vector<std::string>());
}

TEST(ServingPage, shows_every_number_that_the_json_has) {
  expect_all_numbers(small());
}

TEST(ServingPage, shows_prefill_and_decode_apart) {
  const std::string text = changed(changed(small(), "chips = 2", "chips = 4"), "tensor = 8",
                                   "tensor = 8\ndecode_replicas = 1");
  expect_all_numbers(text);
  const std::string page = page_of(text);
  EXPECT_NE(page.find("As a table: 1 replicas, prefill"), std::string::npos);
  EXPECT_NE(page.find("As a table: 1 replicas, decode"), std::string::npos);
}

TEST(ServingPage, needs_nothing_from_anywhere_else) {
  EXPECT_EQ(needed_from_elsewhere(page_of(small())), std::vector<std::string>());
}

TEST(ServingPage, says_in_words_and_tables_what_each_picture_shows) {
  const MarkupReader reader(page_of(small()));
  const auto count = [&](const char* element) {
    return std::count(reader.elements.begin(), reader.elements.end(), element);
  };
  EXPECT_EQ(count("svg"), 8);  // latency, two of load, five numbers of the answer
  EXPECT_EQ(count("desc"), count("svg"));
  EXPECT_GE(count("table"), count("svg"));
}

TEST(ServingPage, has_no_number_that_is_none_for_one_request_of_one_token) {
  std::string text = changed(kServing, "count = 2000", "count = 1");
  text = changed(text, "output_mean = 100\noutput_cv = 1", "output_mean = 1");
  const std::string page = page_of(text);
  EXPECT_EQ(MarkupReader(page).wrong, "");
  for (const char* none : {"\"nan", "\"-nan", "\"inf", ">nan", ">inf", "Mnan", "Lnan"}) {
    EXPECT_EQ(page.find(none), std::string::npos) << none;
  }
}

TEST(ServingPage, takes_what_a_user_wrote_as_words) {
  const std::string page =
      page_of(changed(small(), "title = \"8B\"", "title = \"</title><script>bad()</script>\""));
  const MarkupReader reader(page);
  EXPECT_EQ(reader.wrong, "");
  EXPECT_EQ(std::count(reader.elements.begin(), reader.elements.end(), "script"), 1);
}

TEST(ServingPage, is_the_same_text_each_time) {
  EXPECT_EQ(page_of(small()), page_of(small()));
}

}  // namespace
}  // namespace trainyard
