// SPDX-License-Identifier: Apache-2.0
// How a training run is laid out on a cluster's ranks, and what it is asked to do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workload/model.h"

namespace trainyard {

enum class NumberFormat : std::uint8_t { fp32, bf16, fp8, mxfp8, nvfp4 };
enum class Recompute : std::uint8_t { none, selective, full };
enum class ScheduleKind : std::uint8_t { gpipe, one_f_one_b, interleaved, zero_bubble, dual_pipe };
enum class AttentionKind : std::uint8_t { flash, unfused };

// Degrees count ranks. Ranks are numbered tensor first, then context, data, pipeline; experts are
// spread over the ranks of one pipeline stage.
struct Plan {
  std::int64_t tensor = 1, context = 1, pipeline = 1, data = 1, expert = 1;
  std::int64_t virtual_stages = 1;  // chunks of layers that a pipeline rank has
  std::int64_t micro_batch = 1;     // sequences
  std::int64_t zero = 1;            // ZeRO stage: 0 nothing sharded, 3 parameters too
  bool sequence_parallel = true;
  ScheduleKind schedule = ScheduleKind::one_f_one_b;
  Recompute recompute = Recompute::none;

  std::int64_t ranks() const { return tensor * context * pipeline * data; }
};

// Low-rank adapters (LoRA, arXiv 2106.09685): the model's own weights are frozen, beside a
// projection of k to n stand trained ones of k to rank and rank to n.
struct Adapters {
  std::int64_t rank = 0;  // 0: none, all weights are trained
  bool on_attention = false, on_feed_forward = false;
};

struct Training {
  std::int64_t sequence = 0, global_batch = 0;  // tokens, sequences
  NumberFormat format = NumberFormat::bf16;
  AttentionKind attention = AttentionKind::flash;
  double gradient_bytes = 4;     // of one parameter's, as it is added up over replicas
  double expert_imbalance = 1;   // tokens of the busiest rank over the mean
  bool dispatch_in_fp8 = false;  // tokens travel to their experts in 8 bits
  Adapters adapters;

  bool frozen() const { return adapters.rank > 0; }
  // Of a value as products read it; frozen weights are kept so.
  double format_bytes() const {
    return format == NumberFormat::fp32    ? 4
           : format == NumberFormat::bf16  ? 2
           : format == NumberFormat::nvfp4 ? 0.5 + 1.0 / 16  // a scale of 8 bits for 16
                                           : 1;
  }
};

// Of a framework: how far it stays behind the physics. At most eight numbers, each printed.
struct Software {
  std::string name = "none";
  double matmul_efficiency = 1;     // of what the chip sustains
  double memory_efficiency = 1;     // of element-wise kernels
  double attention_efficiency = 1;  // of fused attention, over a large matrix product
  double kernel_launch_us = 0;      // host time a kernel; a layer cannot be faster
  double expert_efficiency = 1;     // of grouped products of experts, over other products
  double exchange_overlap = 0;      // share of tensor, context and expert exchange that is hidden
  double data_overlap = 0;          // of gradients and parameters
  double step_overhead_ms = 0;      // host work, data, logging between steps
};

std::string schedule_name(ScheduleKind kind);
std::string recompute_name(Recompute recompute);
std::string format_name(NumberFormat format);
const std::vector<std::string>& format_names();  // in the order of NumberFormat

}  // namespace trainyard
