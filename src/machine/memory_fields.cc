// SPDX-License-Identifier: Apache-2.0
// Rows of [sbuf], [psum], [dma] and [hbm].
#include "machine/fields.h"

namespace trainyard {
namespace {

constexpr double kMiB = 1024.0 * 1024.0;

void add_sbuf_and_psum(std::vector<Field>& fields) {
  using S = Sbuf;
  FieldTable<S> sbuf(fields, "sbuf", &Machine::sbuf);
  sbuf.add("partition_size", "B", &S::partition_size_bytes, "bytes of one partition")
      .at_most(16 * kMiB);
  sbuf.add("compiler_reserve", "B", &S::compiler_reserve_bytes,
           "bytes of one partition that the compiler keeps for itself")
      .at_most(16 * kMiB);
  sbuf.add("vector_gpsimd_exclusive", "", &S::vector_gpsimd_exclusive,
           "VectorE and GpSimd cannot use it at the same time");
  sbuf.add("stride_limit", "B", &S::stride_limit_bytes, "a larger free-axis stride is slower");
  sbuf.add("stride_bandwidth_ratio", "fraction", &S::stride_bandwidth_ratio,
           "bandwidth beyond that stride");
  sbuf.add("bandwidth_over_hbm", "ratio", &S::bandwidth_over_hbm, "bandwidth against HBM");

  using P = Psum;
  FieldTable<P> psum(fields, "psum", &Machine::psum);
  psum.add("banks", "count", &P::banks, "banks of one partition").at_most(64);
  psum.add("bank_size", "B", &P::bank_size_bytes, "bytes of a bank in one partition").at_most(kMiB);
  psum.add("vector_scalar_exclusive", "", &P::vector_scalar_exclusive,
           "VectorE and ScalarE cannot use it at the same time");
  psum.add("bf16_accumulate", "", &P::bf16_accumulate, "accumulates into bf16 as well as fp32");
}

void add_dma(std::vector<Field>& fields) {
  using T = Dma;
  FieldTable<T> t(fields, "dma", &Machine::dma);
  t.add("engines", "count", &T::engines, "DMA engines of a core").at_most(1024);
  t.add("queues_per_engine", "count", &T::queues_per_engine, "queues").at_most(1024);
  t.add("engine_bandwidth", "B/s", &T::engine_bandwidth_bytes_per_s, "peak of one engine");
  t.add("stated_bandwidth", "B/s", &T::stated_bandwidth_bytes_per_s,
        "what AWS states as achievable on one engine");
  t.add("packet_latency", "ns", &T::packet_latency_ns, "fixed part of a packet on its engine");
  t.add("packet_max", "B", &T::packet_max_bytes, "largest packet");
  t.add("collective_packet_max", "B", &T::collective_packet_max_bytes,
        "largest packet of collectives");
  t.add("efficient_descriptor", "B", &T::efficient_descriptor_bytes,
        "below this size fixed costs dominate");
  t.add("element_packet_latency", "ns", &T::element_packet_latency_ns,
        "whole packet of an element-wise transfer");
  t.add("semaphore_packet_latency", "ns", &T::semaphore_packet_latency_ns,
        "whole completion packet");
  t.add("hwdge_trigger_latency", "ns", &T::hwdge_trigger_latency_ns,
        "hardware descriptor generation: trigger to first packet");
  t.add("swdge_trigger_latency", "ns", &T::swdge_trigger_latency_ns,
        "software descriptor generation: trigger to first packet");
  t.add("hwdge_stagger", "ns", &T::hwdge_stagger_ns,
        "one engine's first packet to the next engine's");
  t.add("swdge_stagger", "ns", &T::swdge_stagger_ns,
        "the same with software descriptor generation");
  t.add("short_read_wait", "ns", &T::short_read_wait_ns,
        "of an engine before each packet from HBM in runs below packet_max, past read_ahead");
  t.add("read_ahead", "B", &T::read_ahead_bytes,
        "of each transfer, read by an engine without waiting")
      .or_zero();
  t.add("hwdge_issue", "ns", &T::hwdge_issue_ns, "hardware trigger on the issuing engine");
  t.add("swdge_issue", "ns", &T::swdge_issue_ns, "software trigger on GpSimd, from HBM");
  t.add("swdge_store_issue", "ns", &T::swdge_store_issue_ns, "the same, towards HBM");
  t.add("completion_latency", "ns", &T::completion_latency_ns,
        "last packet to the waiting instruction");
  t.add("semaphore_packet", "B", &T::semaphore_packet_bytes, "completion packet, one per engine");
  t.add("semaphore_increment", "count", &T::semaphore_increment, "added per transfer");
  t.add("hardware_dges", "count", &T::hardware_dges, "hardware descriptor generators of a core")
      .since(Generation::gen3)
      .or_zero();
  t.add("service_classes", "count", &T::service_classes, "service classes; 1: round robin");
  t.add("transpose_hbm_to_sbuf_ratio", "fraction", &T::transpose_hbm_to_sbuf_ratio,
        "DMA transpose against copy, HBM to SBUF")
      .since(Generation::gen3);
  t.add("transpose_sbuf_to_sbuf_ratio", "fraction", &T::transpose_sbuf_to_sbuf_ratio,
        "DMA transpose against copy, SBUF to SBUF")
      .since(Generation::gen3);
}

}  // namespace

void add_memory_fields(std::vector<Field>& fields) {
  add_sbuf_and_psum(fields);
  add_dma(fields);
  using T = Hbm;
  FieldTable<T> t(fields, "hbm", &Machine::hbm);
  t.add("stacks", "count", &T::stacks, "stacks of the chip");
  t.add("capacity", "B", &T::capacity_bytes, "of the chip");
  t.add("bandwidth", "B/s", &T::bandwidth_bytes_per_s, "of the chip");
  t.add("pin_rate", "bit/s", &T::pin_rate_bits_per_s, "of one pin");
}

}  // namespace trainyard
