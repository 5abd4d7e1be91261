// SPDX-License-Identifier: Apache-2.0
#include "explain/explanation.h"
#include "report/names.h"

namespace trainyard {
namespace {

class Writer {
 public:
  Writer(const Explanation& why, JsonWriter& json) : why_(why), json_(json) {}

  void write() {
    json_.key("explain");
    json_.begin_object();
    write_bound();
    write_roofline();
    write_passes();
    write_stalls();
    write_advice();
    json_.end_object();
  }

 private:
  double share(Time time) const {
    return why_.total.ps == 0 ? 0.0 : time.seconds() / why_.total.seconds();
  }
  void write_time(std::string_view name, bool known, Time time) {
    json_.key(name);
    known ? json_.value(time.us()) : json_.null();
  }
  void write_place(const SourcePlace& place) {
    json_.key("file");
    place.known() ? json_.value(place.file) : json_.null();
    json_.key("line");
    place.known() ? json_.value(place.line) : json_.null();
  }

  void write_bound() {
    json_.key("bound");
    json_.begin_object();
    json_.field("kind", bound_key(why_.bound.kind));
    json_.key("engine");
    why_.bound.kind == BoundKind::compute ? json_.value(engine_key(why_.bound.engine))
                                          : json_.null();
    json_.field("share", why_.bound.share);
    json_.field("reason", why_.bound.reason);
    json_.end_object();
    json_.key("critical_path_parts");
    json_.begin_object();
    json_.field("start_up_us", why_.path.start_up.us());
    json_.field("compute_us", why_.path.compute.us());
    json_.field("dma_us", why_.path.dma.us());
    json_.field("latency_us", why_.path.latency.us());
    json_.end_object();
  }

  void write_roofline() {
    const Roofline& roofline = why_.roofline;
    json_.key("roofline");
    json_.begin_object();
    json_.field("flop", roofline.flop);
    json_.field("hbm_bytes", roofline.hbm_bytes);
    json_.field("intensity_flop_per_byte", roofline.intensity_flop_per_byte);
    json_.field("ridge_flop_per_byte", roofline.ridge_flop_per_byte());
    json_.field("compute_roof_flop_per_s", roofline.compute_roof_flop_per_s);
    json_.field("memory_roof_bytes_per_s", roofline.memory_roof_bytes_per_s);
    json_.field("dma_roof_bytes_per_s", roofline.dma_roof_bytes_per_s);
    json_.field("attainable_flop_per_s", roofline.attainable_flop_per_s());
    json_.field("achieved_flop_per_s", roofline.achieved_flop_per_s);
    json_.field("achieved_bytes_per_s", roofline.achieved_bytes_per_s);
    json_.end_object();
  }

  void write_passes() {
    json_.key("passes");
    json_.begin_array();
    for (const PassEffect& effect : why_.passes) {
      const PassInfo& info = pass_info(effect.pass);
      json_.begin_object();
      json_.field("name", info.name);
      json_.field("on", effect.on);
      json_.field("does", info.does);
      json_.field("without", info.without);
      write_time("gain_us", effect.known, effect.gain);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_stalls() {
    json_.key("stalls_by_engine");
    json_.begin_array();
    for (const EngineStall& stall : why_.stalls) {
      json_.begin_object();
      json_.field("engine", engine_key(stall.engine));
      json_.field("reason", wait_key(stall.reason));
      json_.field("times", stall.times);
      json_.field("waited_us", stall.waited.us());
      json_.field("share_of_run", share(stall.waited));
      json_.end_object();
    }
    json_.end_array();
  }

  void write_advice() {
    json_.key("advice");
    json_.begin_array();
    for (const Advice& advice : why_.advice) {
      json_.begin_object();
      json_.field("kind", advice.kind);
      write_place(advice.places.empty() ? SourcePlace{} : advice.places.front().at);
      json_.field("found", advice.found);
      json_.field("remedy", advice.remedy);
      json_.field("rule", advice.rule);
      json_.field("gain_us", advice.gain.us());
      json_.field("gain_share", share(advice.gain));
      json_.field("time_after_us", (why_.total - advice.gain).us());
      json_.key("places");
      json_.begin_array();
      for (const AdvicePlace& place : advice.places) {
        json_.begin_object();
        write_place(place.at);
        json_.field("subject", place.subject);
        json_.field("times", place.times);
        write_time("gain_alone_us", place.known_alone, place.gain_alone);
        json_.end_object();
      }
      json_.end_array();
      json_.end_object();
    }
    json_.end_array();
  }

  const Explanation& why_;
  JsonWriter& json_;
};

}  // namespace

void write_explanation(const Explanation& why, JsonWriter& json) {
  Writer(why, json).write();
}

}  // namespace trainyard
