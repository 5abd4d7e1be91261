// SPDX-License-Identifier: Apache-2.0
#include "report/run_json.h"

#include "base/json_writer.h"
#include "program/hash.h"
#include "report/critical_path.h"
#include "report/energy_json.h"
#include "report/hash.h"
#include "report/names.h"
#include "report/operands_text.h"
#include "report/rates.h"
#include "report/totals.h"

namespace trainyard {
namespace {

class RunJson {
 public:
  RunJson(const RunResult& result, JsonWriter& json)
      : result_(result), rates_(rates_of(result)), totals_(totals_of(result)), json_(json) {}

  void write(const std::function<void(JsonWriter&)>& add) {
    json_.begin_object();
    write_identity();
    write_matmul();
    write_hbm();
    write_on_chip();
    write_engines();
    write_queues();
    write_kinds();
    write_lines();
    write_critical_path();
    write_stalls();
    write_energy(result_.energy, result_.machine, json_);
    write_tensors();
    write_unwritten_reads();
    write_overwritten_reads();
    write_races();
    if (add) add(json_);
    json_.end_object();
  }

 private:
  void open(const char* key) {
    json_.key(key);
    json_.begin_object();
  }
  void open_list(const char* key) {
    json_.key(key);
    json_.begin_array();
  }
  double share(Time time) const {
    const Time total = result_.timeline.total;
    return total.ps == 0 ? 0.0 : time.seconds() / total.seconds();
  }
  void write_place(const SourcePlace& place) {
    json_.key("file");
    place.known() ? json_.value(place.file) : json_.null();
    json_.key("line");
    place.known() ? json_.value(place.line) : json_.null();
  }
  void write_place(SourceId where) { write_place(result_.program.sources.place(where)); }
  void write_total(const Total& total) {
    json_.field("instructions", total.instructions);
    json_.field("busy_us", total.busy.us());
    json_.field("waited_us", total.waited.us());
    json_.field("transferring_us", total.transferring.us());
    json_.field("dynamic_energy_j", total.joules());
  }

  void write_identity() {
    json_.field("schema", kRunSchema);
    json_.field("kernel", result_.kernel);
    open("machine");
    json_.field("name", result_.machine.name);
    json_.field("title", result_.machine.title);
    json_.field("generation", generation_name(result_.machine.generation));
    json_.field("file", result_.machine.file);
    json_.end_object();
    json_.field("numerics", result_.numerics == NumericsMode::fast ? "fast" : "exact");
    json_.field("hash", hash_text(result_.hash));
    json_.field("program_hash", hash_text(program_hash(result_.program)));
    json_.field("core", result_.core);
    json_.field("cores_together", result_.cores);
    json_.field("rank", result_.rank);
    json_.field("ranks_together", result_.ranks);
    json_.field("time_us", result_.timeline.total.us());
    json_.field("energy_j", result_.energy.joules());
    json_.key("wall_s");
    result_.wall_s > 0 ? json_.value(result_.wall_s) : json_.null();
    json_.field("instructions", result_.program.stream.size());
    json_.field("dma_transfers", result_.timeline.transfers.size());
    json_.field("data_dependent", result_.program.data_dependent);
  }

  void write_matmul() {
    open("matmul");
    json_.field("flop", rates_.matmul_flop);
    json_.field("hardware_flop", rates_.hardware_flop);
    json_.field("flop_per_s", rates_.matmul_flop_per_s);
    json_.field("core_bf16_peak_flop_per_s", rates_.bf16_peak_flop_per_s);
    json_.field("mfu_of_bf16_peak", rates_.mfu_bf16);
    json_.field("mfu_of_formats_peak", rates_.mfu_of_formats);
    json_.field("gated_clock_share", rates_.gated_clock_share);
    write_macs("macs", result_.energy.counts.work_macs);
    write_macs("transpose_macs", result_.energy.counts.moving_macs);
    json_.field("weight_load_bytes", result_.energy.counts.weight_bytes);
    json_.end_object();
  }
  void write_macs(const char* key, const std::array<std::int64_t, kMacClassCount>& macs) {
    open(key);
    for (int c = 0; c < kMacClassCount; ++c) {
      json_.field(mac_class_key(static_cast<MacClass>(c)), macs[static_cast<std::size_t>(c)]);
    }
    json_.end_object();
  }

  void write_hbm() {
    open("hbm");
    json_.field("read_bytes", result_.timeline.hbm_read_bytes);
    json_.field("write_bytes", result_.timeline.hbm_write_bytes);
    json_.field("bandwidth_bytes_per_s", rates_.hbm_bytes_per_s);
    json_.field("core_share_bytes_per_s", rates_.hbm_peak_bytes_per_s);
    json_.field("stack_bytes_per_s", rates_.hbm_stack_bytes_per_s);
    json_.field("share_of_bandwidth", rates_.hbm_share);
    json_.field("peak_bytes", result_.timeline.placement.hbm_peak_bytes);
    json_.end_object();
  }

  void write_on_chip() {
    const Placement& placement = result_.timeline.placement;
    const Traffic& traffic = result_.energy.counts.traffic;
    open("on_chip");
    json_.field("sbuf_peak_bytes_per_partition", placement.sbuf_peak_bytes);
    json_.field("sbuf_bytes_per_partition", result_.machine.sbuf.partition_size_bytes);
    json_.field("psum_peak_bytes_per_partition", placement.psum_peak_bytes);
    json_.field("psum_bytes_per_partition", result_.machine.psum.partition_size_bytes());
    json_.field("sbuf_read_bytes", traffic.sbuf_read_bytes);
    json_.field("sbuf_write_bytes", traffic.sbuf_write_bytes);
    json_.field("psum_read_bytes", traffic.psum_read_bytes);
    json_.field("psum_write_bytes", traffic.psum_write_bytes);
    open_list("spills");
    for (const Spill& spill : placement.spills) {
      json_.begin_object();
      json_.field("tensor", result_.program.tensor(spill.tensor).name);
      json_.field("bytes", spill.bytes);
      json_.end_object();
    }
    json_.end_array();
    json_.end_object();
  }

  void write_engines() {
    open("engines");
    for (int e = 1; e < kEngineCount; ++e) {
      const auto engine = static_cast<std::size_t>(e);
      json_.key(engine_key(static_cast<Engine>(e)));
      json_.begin_object();
      json_.field("busy_us", result_.timeline.busy[engine].us());
      json_.field("busy_share", share(result_.timeline.busy[engine]));
      json_.field("instructions", totals_.engines[engine].instructions);
      json_.field("waited_us", totals_.engines[engine].waited.us());
      json_.end_object();
    }
    json_.end_object();
    json_.field("activation_table_loads", result_.timeline.table_loads);
  }

  void write_queues() {
    struct Queue {
      std::int64_t transfers = 0, bytes = 0, descriptors = 0;
    };
    std::array<Queue, kEngineCount> queues;
    for (const Transfer& transfer : result_.timeline.transfers) {
      Queue& queue = queues[transfer.queue];
      ++queue.transfers;
      queue.bytes += transfer.bytes;
      queue.descriptors += transfer.descriptors;
    }
    open_list("dma_queues");
    for (std::size_t q = 0; q < queues.size(); ++q) {
      if (queues[q].transfers == 0) continue;
      json_.begin_object();
      json_.field("queue", engine_key(static_cast<Engine>(q)));
      json_.field("transfers", queues[q].transfers);
      json_.field("bytes", queues[q].bytes);
      json_.field("descriptors", queues[q].descriptors);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_kinds() {
    open_list("instruction_kinds");
    for (const KindTotal& kind : totals_.kinds) {
      json_.begin_object();
      json_.field("name", entry(kind.opcode).info.name);
      write_total(kind.total);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_lines() {
    open_list("source_lines");
    for (const LineTotal& line : totals_.lines) {
      json_.begin_object();
      write_place(line.where);
      write_total(line.total);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_critical_path() {
    open_list("critical_path");
    for (const PathShare& share_of : critical_path(result_)) {
      json_.begin_object();
      write_place(share_of.where);
      json_.field("instruction", entry(share_of.opcode).info.name);
      json_.field("times", share_of.times);
      json_.field("time_us", share_of.time.us());
      json_.field("share_of_run", share(share_of.time));
      json_.end_object();
    }
    json_.end_array();
  }

  void write_stalls() {
    open_list("stalls");
    for (const Stall& stall : totals_.stalls) {
      json_.begin_object();
      write_place(stall.where);
      json_.field("reason", wait_key(stall.reason));
      json_.field("times", stall.times);
      json_.field("waited_us", stall.waited.us());
      json_.field("share_of_run", share(stall.waited));
      json_.field("longest_instruction", stall.longest);
      const std::uint32_t waited_for = result_.timeline.spans[stall.longest].waited_for;
      open("longest_waited_for");
      const bool known = waited_for != kNoInstruction;
      json_.key("instruction");
      known ? json_.value(waited_for) : json_.null();
      write_place(known ? result_.program.stream[waited_for].where : SourceId{0});
      json_.end_object();
      json_.end_object();
    }
    json_.end_array();
  }

  void write_tensors() {
    open_list("tensors");
    for (TensorId id = 0; id < result_.program.tensors.size(); ++id) write_tensor(id);
    json_.end_array();
  }
  void write_tensor(TensorId id) {
    const TensorInfo& info = result_.program.tensor(id);
    const Placed& placed = result_.timeline.placement.tensors[id];
    constexpr std::array<const char*, 3> kRoles = {"internal", "input", "output"};
    json_.begin_object();
    json_.field("name", info.name);
    json_.field("space", space_key(info.space));
    json_.field("dtype", dtype_info(info.dtype).name);
    json_.field("role", kRoles[static_cast<std::size_t>(info.role)]);
    write_place(info.where);
    if (on_chip(info.space)) {
      json_.field("partitions", info.partitions);
      json_.field("bytes_per_partition", info.partition_bytes);
      json_.field("first_partition", placed.partition);
      json_.key("byte_in_partition");
      placed.byte >= 0 ? json_.value(placed.byte) : json_.null();
    } else {
      json_.field("bytes", info.partition_bytes);
    }
    json_.field("used", placed.used);
    json_.field("spilled", placed.spilled);
    json_.field("first_use", placed.first_use);
    json_.field("last_use", placed.last_use);
    json_.end_object();
  }

  void write_unwritten_reads() {
    open_list("unwritten_reads");
    for (const UnwrittenRead& read : result_.unwritten_reads) {
      json_.begin_object();
      write_place(read.where);
      json_.field("tensor", result_.program.tensor(read.tensor).name);
      json_.field("instruction", read.instruction);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_overwritten_reads() {
    open_list("overwritten_reads");
    for (const OverwrittenRead& read : result_.overwritten_reads) {
      json_.begin_object();
      write_place(read.where);
      json_.field("tensor", result_.program.tensor(read.tensor).name);
      json_.field("instruction", read.instruction);
      json_.field("writer", result_.program.tensor(read.writer).name);
      json_.key("written_at");
      json_.begin_object();
      write_place(read.written_at);
      json_.end_object();
      json_.end_object();
    }
    json_.end_array();
  }

  void write_races() {
    open_list("races");
    for (const Race& race : result_.races) {
      json_.begin_object();
      json_.field("tensor", race.tensor);
      write_side("earlier", race.earlier);
      write_side("later", race.later);
      json_.end_object();
    }
    json_.end_array();
  }

  void write_side(const char* name, const Race::Side& side) {
    json_.key(name);
    json_.begin_object();
    json_.field("core", side.core);
    json_.field("access", side.writes ? "write" : "read");
    write_place(side.place);
    json_.field("instruction", side.instruction);
    json_.end_object();
  }

  const RunResult& result_;
  Rates rates_;
  Totals totals_;
  JsonWriter& json_;
};

}  // namespace

std::string run_json(const RunResult& result) {
  JsonWriter json;
  write_json(result, json);
  return json.text();
}

void write_json(const RunResult& result, JsonWriter& json,
                const std::function<void(JsonWriter&)>& add) {
  RunJson(result, json).write(add);
}

}  // namespace trainyard
