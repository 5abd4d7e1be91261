// SPDX-License-Identifier: Apache-2.0
// Rows of [core], the five engines, [semaphore] and [host].
#include "machine/fields.h"

namespace trainyard {
namespace {

void add_core(std::vector<Field>& fields) {
  using T = Core;
  FieldTable<T> t(fields, "core", &Machine::core);
  t.add("partitions", "count", &T::partitions, "partitions of SBUF and PSUM").at_most(128);
  t.add("partition_quadrant", "count", &T::partition_quadrant,
        "a narrow access starts at a multiple of this partition");
  t.add("registers_per_engine", "count", &T::registers_per_engine, "32-bit registers");
  t.add("access_dimensions", "count", &T::access_dimensions, "dimensions of an access pattern");
  t.add("start_up_latency", "ns", &T::start_up_latency_ns,
        "kernel start to the first useful DMA or matmul");
  t.add("shut_down_latency", "ns", &T::shut_down_latency_ns,
        "last transfer to the end of a profile; in validate only");
  t.add("fetch_block", "B", &T::fetch_block_bytes, "instruction fetch block, per engine queue");
  t.add("fetch_latency", "ns", &T::fetch_latency_ns, "time to fetch one block");
  t.add("register_load_latency", "ns", &T::register_load_latency_ns,
        "a register from DRAM, after the first");
  t.add("register_load_first_latency", "ns", &T::register_load_first_latency_ns,
        "the first register from DRAM");
  t.add("branch_latency", "ns", &T::branch_latency_ns, "branch compare");
}

void add_tensor(std::vector<Field>& fields) {
  using T = TensorEngine;
  FieldTable<T> t(fields, "tensor", &Machine::tensor);
  t.add("clock", "Hz", &T::clock_hz, "clock of the systolic array");
  t.add("rows", "count", &T::rows, "contraction rows of the array").at_most(128);
  t.add("columns", "count", &T::columns, "stationary columns of the array").at_most(128);
  t.add("moving_max", "count", &T::moving_max, "largest moving free size").at_most(4096);
  t.add("min_issue", "cycles", &T::min_issue_cycles, "least issue interval of a matmul");
  t.add("start_up", "cycles", &T::start_up_cycles, "of each pass, beyond its rows").or_zero();
  t.add("fp32_cycles_per_row", "ratio", &T::fp32_cycles_per_row, "fp32 against bf16, all passes");
  t.add("fp32_passes", "count", &T::fp32_passes, "MATMUL instructions of one fp32 matmul");
  t.add("fp8_rows_per_cycle", "ratio", &T::fp8_rows_per_cycle, "moving rows per cycle for fp8");
  t.add("mx_products_per_pe", "count", &T::mx_products_per_pe,
        "products per PE and cycle for MXFP8 and MXFP4")
      .since(Generation::gen4);
  t.add("sparse_speedup", "ratio", &T::sparse_speedup, "sparse against dense bf16")
      .since(Generation::gen3);
  t.add("retire_latency", "ns", &T::retire_latency_ns,
        "MATMUL beyond its issue interval, part in time");
  t.add("retire_latency_in_clock", "cycles", &T::retire_latency_cycles,
        "MATMUL beyond its issue interval, part in cycles of the current clock");
  t.add("weight_load_columns_per_cycle", "ratio", &T::weight_load_columns_per_cycle,
        "weight load of 16- and 8-bit types");
  t.add("weight_load_fp32_columns_per_cycle", "ratio", &T::weight_load_fp32_columns_per_cycle,
        "weight load of fp32, each pass");
  t.add("weight_load_latency", "ns", &T::weight_load_latency_ns, "weight load beyond its columns");
  t.add("weight_retire_latency", "ns", &T::weight_retire_latency_ns,
        "weight load, columns in to retired, beyond retire_latency_in_clock");
  t.add("array_read_bandwidth", "B/s", &T::array_read_bytes_per_s,
        "weights and moving rows together, of one partition");
  t.add("gate_window", "cycles", &T::gate_window_cycles, "grid of the clock gate");
  t.add("gate_window_clock", "Hz", &T::gate_window_clock_hz, "clock that counts the grid");
  t.add("gate_unused_row", "fraction", &T::gate_unused_row,
        "work of a row without products against one with, to the clock gate");
  t.add("gate_threshold", "fraction", &T::gate_threshold,
        "busy share of a window that gives the next one full clock");
  t.add("gate_slow_ratio", "fraction", &T::gate_slow_ratio,
        "slow clock over full clock; 1: no gate");
  t.add("gate_phase", "fraction", &T::gate_phase,
        "of a window, from a launch to the next point of the grid");
}

void add_vector(std::vector<Field>& fields) {
  using T = VectorEngine;
  FieldTable<T> t(fields, "vector", &Machine::vector);
  t.add("clock", "Hz", &T::clock_hz, "clock");
  t.add("lanes", "count", &T::lanes, "lanes, one per partition");
  t.add("min_issue", "cycles", &T::min_issue_cycles, "least issue interval (MIN_II)");
  t.add("fixed_latency", "ns", &T::fixed_latency_ns, "start to retire beyond the elements");
  t.add("issue_overhead", "ns", &T::issue_overhead_ns,
        "start to the next instruction's start beyond the elements");
  t.add("operand_latency", "ns", &T::operand_latency_ns, "extra for a per-partition operand");
  t.add("accumulate", "cycles", &T::accumulate_cycles, "extra for a folded reduction");
  t.add("copy_speedup_16bit", "ratio", &T::copy_speedup_16bit,
        "tensor_copy, tensor_scalar: 16-bit, contiguous, in SBUF");
  t.add("copy_speedup", "ratio", &T::copy_speedup, "the same for other eligible operands");
  t.add("tensor_tensor_per_element", "cycles", &T::tensor_tensor_cycles_per_element,
        "tensor_tensor");
  t.add("tensor_tensor_fast_per_element", "cycles", &T::tensor_tensor_fast_cycles_per_element,
        "tensor_tensor: an operand in PSUM, or bf16 contiguous add, subtract, multiply");
  t.add("reduce_per_element", "cycles", &T::reduce_cycles_per_element, "tensor_reduce");
  t.add("reduce_fast_per_element", "cycles", &T::reduce_fast_cycles_per_element,
        "tensor_reduce: bf16 in and out, add or max");
  t.add("memset_per_element", "cycles", &T::memset_cycles_per_element, "memset");
  t.add("memset_fast_per_element", "cycles", &T::memset_fast_cycles_per_element,
        "memset: zero in bf16");
  t.add("scan_per_element", "cycles", &T::scan_cycles_per_element, "tensor_tensor_scan");
  t.add("reciprocal_per_element", "cycles", &T::reciprocal_cycles_per_element, "reciprocal");
  t.add("bn_aggr_per_element", "cycles", &T::bn_aggr_cycles_per_element, "bn_aggr");
  t.add("dynamic_copy_min", "cycles", &T::dynamic_copy_min_cycles,
        "least cost of a copy with an address from a register");
  t.add("exponential_per_cycle", "count", &T::exponential_elements_per_cycle,
        "exponential: elements per lane and cycle")
      .since(Generation::gen4);
  t.add("quantize_mx_per_cycle", "count", &T::quantize_mx_elements_per_cycle,
        "quantize_mx: elements per lane and cycle")
      .since(Generation::gen4);
  t.add("random_per_cycle", "count", &T::random_words_per_cycle,
        "rand2: 32-bit words per lane and cycle")
      .since(Generation::gen4);
}

void add_scalar(std::vector<Field>& fields) {
  using T = ScalarEngine;
  FieldTable<T> t(fields, "scalar", &Machine::scalar);
  t.add("clock", "Hz", &T::clock_hz, "clock");
  t.add("lanes", "count", &T::lanes, "lanes, one per partition");
  t.add("min_issue", "cycles", &T::min_issue_cycles, "least issue interval (MIN_II)");
  t.add("fixed_latency", "ns", &T::fixed_latency_ns, "start to retire beyond the elements");
  t.add("issue_overhead", "ns", &T::issue_overhead_ns,
        "start to the next instruction's start beyond the elements");
  t.add("accumulate_latency", "ns", &T::accumulate_latency_ns,
        "extra of an activation with bias and accumulate");
  t.add("accumulate", "cycles", &T::accumulate_cycles, "documented extra of activation_reduce");
  t.add("table_load_latency", "ns", &T::table_load_latency_ns, "load of a function table");
  t.add("copy_speedup_16bit", "ratio", &T::copy_speedup_16bit,
        "tensor_copy, tensor_scalar on 16-bit types");
}

void add_gpsimd(std::vector<Field>& fields) {
  using T = GpSimdEngine;
  FieldTable<T> t(fields, "gpsimd", &Machine::gpsimd);
  t.add("clock", "Hz", &T::clock_hz, "clock");
  t.add("processors", "count", &T::processors, "SIMD processors");
  t.add("simd_bits", "count", &T::simd_bits, "width of each");
  t.add("local_memory", "B", &T::local_memory_bytes, "local memory of each");
  t.add("local_memory_latency", "cycles", &T::local_memory_latency_cycles, "its latency");
  t.add("elements_per_cycle", "count", &T::elements_per_cycle, "over all processors");
  t.add("fixed_latency", "cycles", &T::fixed_latency_cycles, "fixed part of an instruction");
  t.add("rsqrt_slowdown", "ratio", &T::rsqrt_slowdown, "rsqrt against ScalarE");
  t.add("dma_bandwidth", "B/s", &T::dma_bandwidth_bytes_per_s, "its own DMA, in all")
      .since(Generation::gen3);
}

}  // namespace

void add_engine_fields(std::vector<Field>& fields) {
  add_core(fields);
  add_tensor(fields);
  add_vector(fields);
  add_scalar(fields);
  add_gpsimd(fields);
  FieldTable<SyncEngine>(fields, "sync", &Machine::sync)
      .add("clock", "Hz", &SyncEngine::clock_hz, "clock");
  FieldTable<Semaphore> semaphore(fields, "semaphore", &Machine::semaphore);
  semaphore.add("latency", "ns", &Semaphore::latency_ns, "signal to a waiting engine");
  semaphore.add("range_clear_latency", "ns", &Semaphore::range_clear_latency_ns,
                "clear of a range of semaphores");
  FieldTable<Host> host(fields, "host", &Machine::host);
  host.add("launch_latency", "ns", &Host::launch_latency_ns, "gap between two launches");
  host.add("launch_jitter", "ns", &Host::launch_jitter_ns, "its spread");
  host.add("profile_excess", "ns", &Host::profile_excess_ns,
           "a profile beyond nki.benchmark's latency; in validate only");
  host.add("pair_excess", "ns", &Host::pair_excess_ns,
           "a profile of two cores together beyond one's; in validate only")
      .since(Generation::gen3);
}

}  // namespace trainyard
