// SPDX-License-Identifier: Apache-2.0
// Rows of [chip], [link], [ultraserver] and [energy].
#include "machine/fields.h"

namespace trainyard {
namespace {

void add_chip(std::vector<Field>& fields) {
  using T = Chip;
  FieldTable<T> t(fields, "chip", &Machine::chip);
  t.add("process", "", &T::process, "silicon process");
  t.add("dies", "count", &T::dies, "compute dies");
  t.add("cores", "count", &T::cores, "NeuronCores");
  t.add("collective_cores", "count", &T::collective_cores, "cores that drive collectives");
  t.add("cores_per_logical_core", "count", &T::cores_per_logical_core, "default LNC");
  t.add("peak_bf16", "FLOP/s", &T::peak_bf16_flop_per_s, "chip page, dense; not used for timing");
  t.add("peak_fp8", "FLOP/s", &T::peak_fp8_flop_per_s, "chip page; cFP8, fp8 or MXFP8");
  t.add("peak_fp4", "FLOP/s", &T::peak_fp4_flop_per_s, "chip page; MXFP4").since(Generation::gen4);
  t.add("peak_fp32", "FLOP/s", &T::peak_fp32_flop_per_s, "chip page");
  t.add("peak_sparse", "FLOP/s", &T::peak_sparse_flop_per_s, "chip page").since(Generation::gen3);
  t.add("peak_int8", "op/s", &T::peak_int8_op_per_s, "chip page").maybe();
  t.add("dma_bandwidth", "B/s", &T::dma_bandwidth_bytes_per_s, "chip page, all DMA engines");
  t.add("price", "USD/h", &T::price_usd_per_h, "of one chip");
}

void add_link(std::vector<Field>& fields) {
  using T = Link;
  FieldTable<T> t(fields, "link", &Machine::link);
  t.add("topology", "", &T::topology, "how chips are joined");
  t.add("headline_bandwidth", "B/s", &T::headline_bandwidth_bytes_per_s,
        "chip page; not used for timing");
  t.add("server_bandwidth", "B/s", &T::server_bandwidth_bytes_per_s,
        "inside a server or sled, per chip and direction");
  t.add("rack_bandwidth", "B/s", &T::rack_bandwidth_bytes_per_s,
        "between servers of an UltraServer or rack")
      .since(Generation::gen3);
  t.add("row_bandwidth", "B/s", &T::row_bandwidth_bytes_per_s, "between racks of an UltraServer")
      .since(Generation::gen4);
  t.add("switched", "", &T::switched, "any chip of a server is one hop from any other");
  t.add("relay_efficiency", "fraction", &T::relay_efficiency,
        "share of the links' bandwidth where chips between pass data on");
  t.add("hop_latency", "ns", &T::hop_latency_ns, "one ring step of a collective");
  t.add("rank_bandwidth", "B/s", &T::rank_bandwidth_bytes_per_s,
        "payload that one rank of a collective moves, at most");
  t.add("mesh_max", "B", &T::mesh_max_bytes, "largest collective done as a mesh");
  t.add("halving_max", "B", &T::halving_max_bytes,
        "largest collective done by recursive halving-doubling; above: ring");
  t.add("efa_bandwidth", "B/s", &T::efa_bandwidth_bytes_per_s, "network, per chip");
  t.add("efa_latency", "ns", &T::efa_latency_ns, "HBM to HBM, one hop");
  t.add("server_chips", "count", &T::server_chips, "chips of a server or sled");
  t.add("ultraserver_chips", "count", &T::ultraserver_chips, "chips of the largest UltraServer")
      .since(Generation::gen3);
  t.add("ultracluster_chips", "count", &T::ultracluster_chips, "chips of the largest UltraCluster")
      .since(Generation::gen3);
}

void add_ultraserver(std::vector<Field>& fields) {
  using T = UltraServer;
  FieldTable<T> t(fields, "ultraserver", &Machine::ultraserver);
  constexpr Generation kGen3 = Generation::gen3, kGen4 = Generation::gen4;
  t.add("hosts", "count", &T::hosts, "host computers").since(kGen3);
  t.add("host", "W", &T::host_w, "one host with its memory").since(kGen3);
  t.add("network_ports", "count", &T::network_ports, "ports of 200 Gb/s, energy.efa_port each")
      .since(kGen3);
  t.add("sled_switches", "count", &T::sled_switches, "switches in servers or sleds")
      .since(kGen4)
      .maybe();
  t.add("sled_switch", "W", &T::sled_switch_w, "one of them").since(kGen4).maybe();
  t.add("rack_switches", "count", &T::rack_switches, "switches in racks").since(kGen4);
  t.add("rack_switch", "W", &T::rack_switch_w, "one of them").since(kGen4);
  t.add("cooling_ratio", "fraction", &T::cooling_ratio, "fans or pumps over what they cool")
      .since(kGen3);
  t.add("supply_efficiency", "fraction", &T::supply_efficiency, "of the power supplies")
      .since(kGen3);
  t.add("pue", "ratio", &T::pue, "facility power over IT power").since(kGen3);
}

void add_energy(std::vector<Field>& fields) {
  using T = Energy;
  FieldTable<T> t(fields, "energy", &Machine::energy);
  t.add("mac_bf16", "pJ", &T::mac_bf16_pj, "TensorE multiply-add, bf16, fp16, tf32");
  t.add("mac_fp8", "pJ", &T::mac_fp8_pj, "TensorE multiply-add, fp8");
  t.add("mac_fp32", "pJ", &T::mac_fp32_pj, "TensorE multiply-add, fp32, all passes");
  t.add("mac_mxfp8", "pJ", &T::mac_mxfp8_pj, "TensorE multiply-add, MXFP8").since(Generation::gen4);
  t.add("mac_mxfp4", "pJ", &T::mac_mxfp4_pj, "TensorE multiply-add, MXFP4").since(Generation::gen4);
  t.add("weight_load", "pJ/B", &T::weight_load_pj_per_byte, "weights into the array");
  t.add("sbuf", "pJ/B", &T::sbuf_pj_per_byte, "SBUF access");
  t.add("psum", "pJ/B", &T::psum_pj_per_byte, "PSUM access");
  t.add("vector_op", "pJ", &T::vector_op_pj, "VectorE, one element");
  t.add("scalar_op", "pJ", &T::scalar_op_pj, "ScalarE, one element");
  t.add("gpsimd_op", "pJ", &T::gpsimd_op_pj, "GpSimd, one element");
  t.add("exponential", "pJ", &T::exponential_pj, "VectorE exponential, one element")
      .since(Generation::gen4);
  t.add("quantize_mx", "pJ", &T::quantize_mx_pj, "VectorE quantize_mx, one element")
      .since(Generation::gen4);
  t.add("hbm", "pJ/bit", &T::hbm_pj_per_bit, "HBM with PHY and controller");
  t.add("network", "pJ/bit", &T::network_pj_per_bit, "DMA and on-chip network");
  t.add("dispatch", "pJ", &T::dispatch_pj, "one descriptor or instruction");
  t.add("link", "pJ/bit", &T::link_pj_per_bit, "scale-up link, one end");
  t.add("switch", "pJ/bit", &T::switch_pj_per_bit, "through a NeuronSwitch")
      .since(Generation::gen4);
  t.add("efa", "pJ/bit", &T::efa_pj_per_bit, "network card and Ethernet port");
  t.add("efa_port", "W", &T::efa_port_w, "one 200 Gb/s port, standing");
  t.add("idle", "W", &T::idle_w, "leakage, refresh, PLLs");
  t.add("active", "W", &T::active_w, "clock trees and sequencers while any engine runs");
  t.add("regulator_efficiency", "fraction", &T::regulator_efficiency,
        "package input over board input");
  t.add("gated_clock_ratio", "fraction", &T::gated_clock_ratio,
        "TensorE dynamic power at half clock");
  t.add("zero_data_ratio", "fraction", &T::zero_data_ratio,
        "TensorE multiply-add energy on mostly zero data");
}

}  // namespace

void add_chip_fields(std::vector<Field>& fields) {
  add_chip(fields);
}

void add_link_and_energy_fields(std::vector<Field>& fields) {
  add_link(fields);
  add_ultraserver(fields);
  add_energy(fields);
}

}  // namespace trainyard
