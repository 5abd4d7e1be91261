// SPDX-License-Identifier: Apache-2.0
// A simulated machine: one NeuronCore, its chip, its links and its energy model, as read from
// machines/*.toml. Every member is one key of that file; fields.cc holds the list of all of them
// with unit and meaning (`trainyard machine keys` prints it). No number of a chip stands in C++.
//
// A member of a later generation is 0 (or false) where the generation has no such thing.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "machine/provenance.h"

namespace trainyard {

// NeuronCore generations as NKI counts them: Trainium1, 2 and 3.
enum class Generation : std::uint8_t { gen2 = 2, gen3 = 3, gen4 = 4 };

// "gen3".
std::string generation_name(Generation generation);

// The package. `peak_*` are the figures of AWS's chip pages: headlines, never used for timing.
struct Chip {
  std::string process;
  std::int64_t dies = 0, cores = 0, collective_cores = 0, cores_per_logical_core = 0;
  double peak_bf16_flop_per_s = 0, peak_fp8_flop_per_s = 0, peak_fp4_flop_per_s = 0;
  double peak_fp32_flop_per_s = 0, peak_sparse_flop_per_s = 0, peak_int8_op_per_s = 0;
  double dma_bandwidth_bytes_per_s = 0;
  double price_usd_per_h = 0;
};

// What all engines of a core share.
struct Core {
  std::int64_t partitions = 0, partition_quadrant = 0;
  std::int64_t registers_per_engine = 0, access_dimensions = 0;
  double start_up_latency_ns = 0;      // from launch to the first useful DMA or matmul
  double shut_down_latency_ns = 0;     // from the last transfer to the end of a profile
  std::int64_t fetch_block_bytes = 0;  // instruction fetch, per engine queue
  double fetch_latency_ns = 0;
  double register_load_latency_ns = 0, register_load_first_latency_ns = 0;  // from DRAM
  double branch_latency_ns = 0;
};

// The systolic array. A bf16 matmul moves one row (one column of the moving tile) per cycle.
struct TensorEngine {
  double clock_hz = 0;
  std::int64_t rows = 0, columns = 0, moving_max = 0;
  double min_issue_cycles = 0, start_up_cycles = 0;
  double fp32_cycles_per_row = 0;  // both passes together
  double fp32_passes = 0;          // MATMUL (and weight load) instructions of one fp32 tile
  double fp8_rows_per_cycle = 0;   // double row
  double mx_products_per_pe = 0;   // gen4: contraction rows per PE and cycle for MX formats
  double sparse_speedup = 0;
  double retire_latency_ns = 0, retire_latency_cycles = 0;  // sum: beyond the issue interval
  double array_read_bytes_per_s = 0;         // weights and moving rows together, from one partition
  double weight_load_columns_per_cycle = 0;  // 16- and 8-bit types: the fast path
  double weight_load_fp32_columns_per_cycle = 0;  // each of the two passes
  double weight_load_latency_ns = 0;
  double weight_retire_latency_ns = 0;  // and retire_latency_cycles: columns in, to retired
  double gate_window_cycles = 0, gate_window_clock_hz = 0;  // the clock gate's free-running grid
  double gate_threshold = 0;   // work of the last window, as a share, that gives full clock
  double gate_unused_row = 1;  // work of a row of the array without products against one with
  double gate_slow_ratio = 0;  // clock of the slow state over clock_hz; 1: no gate
  double gate_phase = 0;       // end of the first window after a launch, in windows

  double gate_window_ns() const { return gate_window_cycles * 1e9 / gate_window_clock_hz; }
};

// Cycles per element below are of one partition, at clock_hz.
struct VectorEngine {
  double clock_hz = 0;
  std::int64_t lanes = 0;
  double min_issue_cycles = 0;    // MIN_II: an instruction holds the engine this long
  double fixed_latency_ns = 0;    // start to retire, beyond the elements
  double issue_overhead_ns = 0;   // start to the next one's start, beyond the elements
  double operand_latency_ns = 0;  // a per-partition scalar operand adds this
  double accumulate_cycles = 0;   // a reduction folded into an element-wise operation
  double copy_speedup_16bit = 0;  // SBUF to SBUF, contiguous: tensor_copy, tensor_scalar
  double copy_speedup = 0;        // other eligible types and layouts (fp32 in SBUF)
  double tensor_tensor_cycles_per_element = 0;
  double tensor_tensor_fast_cycles_per_element = 0;  // an operand in PSUM, or bf16 add/mul/sub
  double reduce_cycles_per_element = 0, reduce_fast_cycles_per_element = 0;  // fast: bf16 add/max
  double memset_cycles_per_element = 0, memset_fast_cycles_per_element = 0;  // fast: bf16 zero
  double scan_cycles_per_element = 0;
  double reciprocal_cycles_per_element = 0;
  double bn_aggr_cycles_per_element = 0;
  double dynamic_copy_min_cycles = 0;
  double exponential_elements_per_cycle = 0;  // gen4
  double quantize_mx_elements_per_cycle = 0;  // gen4
  double random_words_per_cycle = 0;          // gen4
};

struct ScalarEngine {
  double clock_hz = 0;
  std::int64_t lanes = 0;
  double min_issue_cycles = 0;
  double fixed_latency_ns = 0;
  double issue_overhead_ns = 0;      // start to the next one's start, beyond the elements
  double accumulate_latency_ns = 0;  // activation with bias and accumulate, measured
  double accumulate_cycles = 0;      // activation_reduce, documented
  double table_load_latency_ns = 0;  // a change of the activation function's table
  double copy_speedup_16bit = 0;
};

struct GpSimdEngine {
  double clock_hz = 0;
  std::int64_t processors = 0, simd_bits = 0, local_memory_bytes = 0;
  double local_memory_latency_cycles = 0;
  double elements_per_cycle = 0;  // over all lanes
  double fixed_latency_cycles = 0;
  double rsqrt_slowdown = 0;             // against ScalarE
  double dma_bandwidth_bytes_per_s = 0;  // its own DMA, gen3 on
};

struct SyncEngine {
  double clock_hz = 0;
};

struct Sbuf {
  std::int64_t partition_size_bytes = 0;
  std::int64_t compiler_reserve_bytes = 0;  // of it, not for a kernel's tensors
  bool vector_gpsimd_exclusive = false;     // one of the two uses SBUF at a time
  std::int64_t stride_limit_bytes = 0;      // a larger free-axis stride costs bandwidth
  double stride_bandwidth_ratio = 0;
  double bandwidth_over_hbm = 0;

  // Of one partition, what tensors without an address of their own share.
  std::int64_t allocatable_bytes() const { return partition_size_bytes - compiler_reserve_bytes; }
};

struct Psum {
  std::int64_t banks = 0, bank_size_bytes = 0;  // per partition
  bool vector_scalar_exclusive = false;
  bool bf16_accumulate = false;

  std::int64_t partition_size_bytes() const { return banks * bank_size_bytes; }
};

// 16 engines a core. A packet holds one engine for packet_latency + bytes / engine bandwidth.
// The engines begin a transfer one after another: the generator rings one bell at a time.
struct Dma {
  std::int64_t engines = 0, queues_per_engine = 0;
  double engine_bandwidth_bytes_per_s = 0;  // peak
  double stated_bandwidth_bytes_per_s = 0;  // what AWS calls achievable, per engine
  double packet_latency_ns = 0;
  std::int64_t packet_max_bytes = 0, collective_packet_max_bytes = 0;
  std::int64_t efficient_descriptor_bytes = 0;  // below it the fixed parts dominate
  double element_packet_latency_ns = 0;         // whole packet, non-contiguous, software DGE
  double semaphore_packet_latency_ns = 0;       // whole packet
  double hwdge_trigger_latency_ns = 0, swdge_trigger_latency_ns = 0;  // to the first packet
  double hwdge_stagger_ns = 0,
         swdge_stagger_ns = 0;  // from one engine's first packet to the next's
  // Reads of HBM in runs below a packet: beyond its first bytes of a transfer, which are all on
  // their way at once, an engine waits before each packet.
  double short_read_wait_ns = 0;
  std::int64_t read_ahead_bytes = 0;
  double hwdge_issue_ns = 0, swdge_issue_ns = 0;  // time on the issuing engine's queue
  double swdge_store_issue_ns = 0;                // the same, towards HBM
  double completion_latency_ns = 0;               // last packet to the waiting instruction
  std::int64_t semaphore_packet_bytes = 0, semaphore_increment = 0;
  std::int64_t hardware_dges = 0;                                            // per core
  std::int64_t service_classes = 0;                                          // 1: round robin
  double transpose_hbm_to_sbuf_ratio = 0, transpose_sbuf_to_sbuf_ratio = 0;  // of bandwidth

  double core_bandwidth_bytes_per_s() const {
    return static_cast<double>(engines) * engine_bandwidth_bytes_per_s;
  }
};

// Of the whole chip.
struct Hbm {
  std::int64_t stacks = 0, capacity_bytes = 0;
  double bandwidth_bytes_per_s = 0;
  double pin_rate_bits_per_s = 0;
};

struct Semaphore {
  double latency_ns = 0;  // signal to a waiting engine
  double range_clear_latency_ns = 0;
};

// Scale-up links of one chip, per direction, and the network beyond.
struct Link {
  std::string topology;
  double headline_bandwidth_bytes_per_s = 0;  // as the chip page counts it
  double server_bandwidth_bytes_per_s = 0;    // inside a server or sled
  double rack_bandwidth_bytes_per_s = 0;      // between servers of an UltraServer or a rack
  double row_bandwidth_bytes_per_s = 0;       // between racks of an UltraServer, gen4
  bool switched = false;                      // any chip of a server is one hop away
  double relay_efficiency = 0;                // of links that chips between pass data on with
  double hop_latency_ns = 0;                  // one ring step of a collective
  double rank_bandwidth_bytes_per_s = 0;      // what one rank of a collective moves, at most
  std::int64_t mesh_max_bytes = 0;            // larger collectives: recursive halving-doubling
  std::int64_t halving_max_bytes = 0;         // larger ones: ring
  double efa_bandwidth_bytes_per_s = 0, efa_latency_ns = 0;
  std::int64_t server_chips = 0, ultraserver_chips = 0;
  std::int64_t ultracluster_chips = 0;  // the largest that was announced
};

// What stands around the chips of an UltraServer and takes power, gen3 on.
struct UltraServer {
  std::int64_t hosts = 0, network_ports = 0;  // ports of energy.efa_port each
  double host_w = 0;
  std::int64_t sled_switches = 0, rack_switches = 0;  // gen4
  double sled_switch_w = 0, rack_switch_w = 0;
  double cooling_ratio = 0;      // fans or pumps, of all the above and the chips
  double supply_efficiency = 0;  // what the power supplies give over what they take
  double pue = 0;                // facility over IT power
};

// Launching a compiled program from the host.
struct Host {
  double launch_latency_ns = 0, launch_jitter_ns = 0;
  double profile_excess_ns = 0;  // of a profile over what nki.benchmark measures
  double pair_excess_ns = 0;     // of a profile of two cores that start together
};

// Package-input energy of each event, and the standing power.
struct Energy {
  double mac_bf16_pj = 0, mac_fp8_pj = 0, mac_fp32_pj = 0;
  double mac_mxfp8_pj = 0, mac_mxfp4_pj = 0;  // gen4
  double weight_load_pj_per_byte = 0;
  double sbuf_pj_per_byte = 0, psum_pj_per_byte = 0;
  double vector_op_pj = 0, scalar_op_pj = 0, gpsimd_op_pj = 0;  // one lane, one element
  double exponential_pj = 0, quantize_mx_pj = 0;                // gen4
  double hbm_pj_per_bit = 0, network_pj_per_bit = 0;            // network: DMA and on-chip network
  double dispatch_pj = 0;                                       // one descriptor or instruction
  double link_pj_per_bit = 0, switch_pj_per_bit = 0;            // one end of a link; switch: gen4
  double efa_pj_per_bit = 0, efa_port_w = 0;
  double idle_w = 0, active_w = 0;  // active: while any engine runs
  double regulator_efficiency = 0;  // board input = package / this
  double gated_clock_ratio = 0;     // TensorE dynamic power at half clock
  double zero_data_ratio = 0;       // MAC energy on data that is mostly zero
};

struct Machine {
  std::string name, title;
  std::string file;  // where it was read
  std::string base;  // a what-if's base machine, else empty
  Generation generation = Generation::gen2;

  Chip chip;
  Core core;
  TensorEngine tensor;
  VectorEngine vector;
  ScalarEngine scalar;
  GpSimdEngine gpsimd;
  SyncEngine sync;
  Sbuf sbuf;
  Psum psum;
  Dma dma;
  Hbm hbm;
  Semaphore semaphore;
  Link link;
  UltraServer ultraserver;
  Host host;
  Energy energy;

  // Where each number comes from, by key path ("tensor.clock").
  std::map<std::string, Provenance> provenance;
};

// Reads and checks a machine: a name ("trn3", looked up as search_path.h says) or the path of a
// TOML file (anything with a '/' or ending in ".toml"). Throws Fault(usage) naming file, line,
// key and rule.
Machine load_machine(const std::string& name_or_path);

}  // namespace trainyard
