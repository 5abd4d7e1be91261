// SPDX-License-Identifier: Apache-2.0
// Exchanges whose bytes are on their way at once. Where several cross links of one rank, each has
// its max-min fair share of them (fabric/max_min.h). When one comes or goes, the shares of those
// are found again that it meets on a link, itself or through others.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace trainyard {

struct LinkUse {
  std::uint32_t link = 0;
  double share = 0;  // of the link, above 0, while nothing else is on its way
};

class ExchangesInFlight {
 public:
  struct End {
    std::uint32_t name;
    double end_s;
  };

  explicit ExchangesInFlight(std::size_t links) : on_link_(links), local_(links, kNone) {}

  // From `now_s` on the bytes of `name` move; alone they arrive at `end_s`.
  void begin(std::uint32_t name, double now_s, double end_s, std::vector<LinkUse> uses);
  void end(std::uint32_t name, double now_s);
  // What begin and end have moved: whoever else was met by `name` may end sooner or later.
  const std::vector<End>& moved() const { return moved_; }
  bool has(std::uint32_t name) const { return flows_.contains(name); }
  bool slowed() const { return slowed_; }  // anything, ever

 private:
  struct Flow {
    std::uint32_t name = 0;
    double since_s = 0, left_s = 0;  // left: alone, at `since_s`
    double end_s = 0, speed = 1;     // of 1: alone
    std::vector<LinkUse> uses;
    bool met = false;
  };
  static constexpr std::uint32_t kNone = 0xffffffff;

  void meet(Flow& first);
  void share_links(double now_s);
  void set_speed(Flow& flow, double speed, double now_s);

  std::map<std::uint32_t, Flow> flows_;
  std::vector<std::vector<Flow*>> on_link_;
  std::vector<End> moved_;
  bool slowed_ = false;
  std::vector<Flow*> met_;            // of the last meet
  std::vector<std::uint32_t> local_;  // a link's number among those of `met_`
};

}  // namespace trainyard
