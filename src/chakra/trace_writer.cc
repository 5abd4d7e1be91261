// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <fstream>

#include "chakra/execution_trace.h"

#ifdef TRAINYARD_WITH_PROTOBUF
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/util/delimited_message_util.h>

#include "execution_trace.pb.h"
#endif

namespace trainyard {

#ifdef TRAINYARD_WITH_PROTOBUF

namespace {

namespace pb = google::protobuf;

class TraceWriter {
 public:
  TraceWriter(const ExecutionTrace& trace, std::ostream& stream)
      : trace_(trace), stream_(&stream) {}

  void write(const std::string& title) {
    chakra_format::GlobalMetadata metadata;
    metadata.set_version("1.0.0");
    chakra_format::Attribute& made = *metadata.add_attr();
    made.set_name("title");
    made.set_string_val(title);
    pb::util::SerializeDelimitedToZeroCopyStream(metadata, &stream_);
    chakra_format::Node message;
    for (const TraceNode& node : trace_.nodes) {
      message.Clear();
      fill(node, message);
      pb::util::SerializeDelimitedToZeroCopyStream(message, &stream_);
    }
  }

 private:
  static void whole(chakra_format::Node& message, const char* name, double value) {
    chakra_format::Attribute& made = *message.add_attr();
    made.set_name(name);
    made.set_int64_val(std::llround(value));
  }

  void fill(const TraceNode& node, chakra_format::Node& message) {
    message.set_id(node.id);
    message.set_name(trace_.name(node));
    message.set_type(static_cast<int>(node.kind));
    for (const std::uint64_t parent : trace_.parents_of(node)) message.add_data_deps(parent);
    chakra_format::Attribute& host = *message.add_attr();
    host.set_name("is_cpu_op");
    host.set_bool_val(node.on_host);
    if (!node.exchanges()) {
      const double before = std::round(clock_s_ * 1e6);
      clock_s_ += node.seconds;
      message.set_duration_micros(static_cast<std::uint64_t>(std::round(clock_s_ * 1e6) - before));
      chakra_format::Attribute& exact = *message.add_attr();
      exact.set_name("duration_nanos");
      exact.set_double_val(node.seconds * 1e9);
      if (!node.on_host) {
        whole(message, "num_ops", node.operations);
        chakra_format::Attribute& size = *message.add_attr();
        size.set_name("tensor_size");
        size.set_uint64_val(static_cast<std::uint64_t>(std::llround(node.bytes)));
      }
      return;
    }
    whole(message, "comm_size", node.bytes);
    if (node.kind == TraceNodeKind::collective) {
      whole(message, "comm_type", static_cast<double>(node.collective));
      chakra_format::Attribute& group = *message.add_attr();
      group.set_name("pg_name");
      group.set_string_val(trace_.group(node));
      return;
    }
    const auto small = [&](const char* name, std::int64_t value) {
      chakra_format::Attribute& made = *message.add_attr();
      made.set_name(name);
      made.set_int32_val(static_cast<std::int32_t>(value));
    };
    small(node.kind == TraceNodeKind::send ? "comm_dst" : "comm_src", node.peer);
    small("comm_tag", node.tag);
  }

  const ExecutionTrace& trace_;
  pb::io::OstreamOutputStream stream_;
  double clock_s_ = 0;
};

}  // namespace

void write_execution_trace(const ExecutionTrace& trace, const std::string& title) {
  std::ofstream stream(trace.file, std::ios::binary | std::ios::trunc);
  if (stream) TraceWriter(trace, stream).write(title);
  stream.close();
  if (!stream) {
    throw Fault(FaultKind::usage, "cannot write " + trace.file,
                "check that the folder exists, may be written and has room");
  }
}

#else

void write_execution_trace(const ExecutionTrace&, const std::string&) {
  throw no_protobuf();
}

#endif

}  // namespace trainyard
