// SPDX-License-Identifier: Apache-2.0
// What the replicas do over time: batches, requests that wait, keys and values.
#include <fmt/format.h>

#include "cluster_report/curves.h"
#include "cluster_report/quantity_text.h"
#include "cluster_report/table.h"
#include "serving_report/serving_parts.h"

namespace trainyard {
namespace {

const char* colour_of(ReplicaRole role) {
  return role == ReplicaRole::decode ? "c-network" : "c-matmul";
}

Curve curve_of(const std::string& style, const std::vector<PoolLoad>& loads,
               double PoolLoad::*value) {
  Curve curve{style, {}};
  for (const PoolLoad& load : loads) curve.points.emplace_back(load.from_s, load.*value);
  return curve;
}

void draw_sequences(Markup& page, const ServingReport& report) {
  std::vector<Curve> curves;
  std::vector<std::pair<std::string, std::string>> legend;
  for (const ServingPool& pool : report.pools) {
    const std::string colour = colour_of(pool.role);
    curves.push_back(curve_of("line " + colour, loads_of(pool, report), &PoolLoad::sequences));
    legend.emplace_back(colour, fmt::format("in the batches of {} replicas: {}", pool.replicas,
                                            role_name(pool.role)));
  }
  curves.push_back(curve_of("line other c-weights", waiting_of(report), &PoolLoad::sequences));
  legend.emplace_back("c-weights", "dashed: requests without a first token");
  draw_curves(page,
              {"Sequences in batches, and requests that wait, over time",
               "Means over stretches of time, of all replicas together. The tables that follow "
               "have the numbers.",
               "after the first arrival", "sequences", seconds_text, digits_text, false},
              curves);
  write_legend(page, legend);
}

void draw_shares(Markup& page, const ServingReport& report) {
  std::vector<Curve> curves;
  std::vector<std::pair<std::string, std::string>> legend;
  for (const ServingPool& pool : report.pools) {
    const std::vector<PoolLoad> loads = loads_of(pool, report);
    const std::string colour = colour_of(pool.role), role = role_name(pool.role);
    curves.push_back(curve_of("line " + colour, loads, &PoolLoad::kv));
    curves.push_back(curve_of("line other " + colour, loads, &PoolLoad::busy));
    legend.emplace_back(colour, role + ": pages of keys and values in use; dashed: replicas busy");
  }
  draw_curves(page,
              {"Keys and values, and busy replicas, over time",
               "Shares of all pages and of all replicas. The tables that follow have the numbers.",
               "after the first arrival", "of all", seconds_text, percent_text, false},
              curves);
  write_legend(page, legend);
}

void write_pool_table(Markup& page, const ServingPool& pool, const ServingReport& report) {
  folded_table(page,
               fmt::format("As a table: {} replicas, {}", pool.replicas, role_name(pool.role)),
               {{"from"}, {"sequences", true}, {"keys and values", true}, {"busy", true}},
               [&](Table& table) {
                 for (const PoolLoad& load : loads_of(pool, report)) {
                   table.row([&](Table& row) {
                     row.cell(load.from_s, seconds_text(load.from_s));
                     row.cell(load.sequences, digits_text(load.sequences));
                     row.cell(load.kv, percent_text(load.kv));
                     row.cell(load.busy, percent_text(load.busy));
                   });
                 }
               });
}

}  // namespace

void write_load_part(Markup& page, const ServingInput& input) {
  const ServingReport& report = input.answer.report;
  page.element("h2", "Over time");
  page.open("p");
  page.text("A busy replica has ");
  page.number(report.mean_batch, digits_text(report.mean_batch));
  page.text(" sequences on average and ");
  page.number(report.kv_mean, percent_text(report.kv_mean));
  page.text(" of its pages of keys and values in use, at most ");
  page.number(report.kv_peak, percent_text(report.kv_peak));
  page.text("; ");
  page.number(static_cast<double>(report.preemptions),
              count_text(static_cast<double>(report.preemptions)));
  page.text(" times a sequence had to give its pages up.");
  page.close();
  draw_sequences(page, report);
  draw_shares(page, report);
  for (const ServingPool& pool : report.pools) write_pool_table(page, pool, report);
  folded_table(page, "As a table: requests that wait", {{"from"}, {"requests", true}},
               [&](Table& table) {
                 for (const PoolLoad& load : waiting_of(report)) {
                   table.row([&](Table& row) {
                     row.cell(load.from_s, seconds_text(load.from_s));
                     row.cell(load.sequences, digits_text(load.sequences));
                   });
                 }
               });
  Facts facts(page);
  for (const ServingPool& pool : report.pools) {
    const std::string name = fmt::format("a stretch of time, {}", role_name(pool.role));
    facts.number(name.c_str(), pool.load.stretch_s(), seconds_text(pool.load.stretch_s()));
  }
  facts.number("a stretch of time, requests that wait", report.waiting.stretch_s(),
               seconds_text(report.waiting.stretch_s()));
  facts.close();
}

}  // namespace trainyard
