// SPDX-License-Identifier: Apache-2.0
// The file: messages, each after its length as a varint; GlobalMetadata first, then Nodes.
#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/document.h"
#include "chakra/execution_trace.h"

#ifdef TRAINYARD_WITH_PROTOBUF
#include <google/protobuf/io/zero_copy_stream_impl.h>
#include <google/protobuf/unknown_field_set.h>
#include <google/protobuf/util/delimited_message_util.h>

#include "execution_trace.pb.h"
#endif

namespace trainyard {

#ifdef TRAINYARD_WITH_PROTOBUF

namespace {

namespace pb = google::protobuf;

constexpr double kBytesMax = 1e15, kOperationsMax = 1e24, kSecondsMax = 1e7, kRankMax = 1e9;

std::optional<double> number_of(const chakra_format::Attribute& attribute) {
  using Attribute = chakra_format::Attribute;
  switch (attribute.value_case()) {
    case Attribute::kDoubleVal:
      return attribute.double_val();
    case Attribute::kFloatVal:
      return static_cast<double>(attribute.float_val());
    case Attribute::kInt32Val:
      return static_cast<double>(attribute.int32_val());
    case Attribute::kInt64Val:
      return static_cast<double>(attribute.int64_val());
    case Attribute::kUint32Val:
      return static_cast<double>(attribute.uint32_val());
    case Attribute::kUint64Val:
      return static_cast<double>(attribute.uint64_val());
    case Attribute::kSint32Val:
      return static_cast<double>(attribute.sint32_val());
    case Attribute::kSint64Val:
      return static_cast<double>(attribute.sint64_val());
    case Attribute::kFixed32Val:
      return static_cast<double>(attribute.fixed32_val());
    case Attribute::kFixed64Val:
      return static_cast<double>(attribute.fixed64_val());
    case Attribute::kSfixed32Val:
      return static_cast<double>(attribute.sfixed32_val());
    case Attribute::kSfixed64Val:
      return static_cast<double>(attribute.sfixed64_val());
    case Attribute::kBoolVal:
      return attribute.bool_val() ? 1.0 : 0.0;
    default:
      return std::nullopt;
  }
}

// The attributes of one node that say what it does; others are let go.
struct NodeAttributes {
  std::optional<double> is_cpu_op, num_ops, tensor_size, comm_type, comm_size, comm_src, comm_dst,
      comm_tag, duration_nanos;
};

class TraceParser {
 public:
  TraceParser(std::string_view bytes, const std::string& file, std::int64_t rank)
      : bytes_(bytes), stream_(bytes.data(), static_cast<int>(bytes.size())), rank_(rank) {
    trace_.file = file;
  }

  ExecutionTrace parse() {
    if (bytes_.substr(0, 2) == "\x1f\x8b") {
      throw fault("this is a gzip file", "gunzip it first");
    }
    read_metadata();
    chakra_format::Node node;
    while (next(node)) add(node);
    if (trace_.nodes.empty()) throw fault("the trace has no node", "record it again");
    // Control dependencies are the call tree, which Chakra's own feeder does not follow either: in
    // PyTorch's traces they come round with data dependencies and point to nodes that are left out.
    if (has_control_ && trace_.parents.empty()) {
      throw fault("the trace has control dependencies alone, and they order nothing",
                  "what waits for what is in data_deps");
    }
    sort();
    return std::move(trace_);
  }

 private:
  Fault fault(std::string rule, std::string hint) const {
    Fault made(FaultKind::usage, std::move(rule), std::move(hint));
    made.in(trace_.file);
    return made;
  }

  // False at the file's end.
  bool next(pb::Message& message) {
    const std::int64_t at = stream_.ByteCount();
    message.Clear();  // parsing merges
    bool ended = false;
    if (pb::util::ParseDelimitedFromZeroCopyStream(&message, &stream_, &ended)) {
      ++messages_;
      return true;
    }
    if (ended) return false;
    throw fault(fmt::format("message {} at byte {} of {} is cut short or no {}", messages_, at,
                            bytes_.size(), messages_ == 0 ? "GlobalMetadata" : "Node"),
                "a Chakra trace is GlobalMetadata and then Nodes, each after its length as a "
                "varint; record or copy it again");
  }

  void read_metadata() {
    chakra_format::GlobalMetadata metadata;
    const char* const way_out = "a Chakra trace begins with a GlobalMetadata message";
    if (!next(metadata)) throw fault("the file is empty", way_out);
    // A Node's first fields are numbered as these, with other types.
    const pb::UnknownFieldSet& unknown =
        chakra_format::GlobalMetadata::GetReflection()->GetUnknownFields(metadata);
    for (int i = 0; i < unknown.field_count(); ++i) {
      if (unknown.field(i).number() <= 2) throw fault("the metadata are missing", way_out);
    }
    trace_.version = metadata.version();
  }

  double checked(const TraceNode& node, const char* name, std::optional<double> value, double least,
                 double most, bool needed = false) const {
    if (!value && needed) {
      throw trace_.fault(node, fmt::format("\"{}\" is missing", name),
                         "it is an attribute with a whole number");
    }
    const double number = value.value_or(0);
    if (value && !(number >= least && number <= most)) {
      throw trace_.fault(node, fmt::format("{} is {:.17g}", name, number),
                         fmt::format("from {:g} to {:g}", least, most));
    }
    return number;
  }

  NodeAttributes read_attributes(const chakra_format::Node& message, TraceNode& node) {
    NodeAttributes read;
    const std::pair<std::string_view, std::optional<double>*> wanted[] = {
        {"is_cpu_op", &read.is_cpu_op},
        {"num_ops", &read.num_ops},
        {"tensor_size", &read.tensor_size},
        {"comm_type", &read.comm_type},
        {"comm_size", &read.comm_size},
        {"comm_src", &read.comm_src},
        {"comm_dst", &read.comm_dst},
        {"comm_tag", &read.comm_tag},
        {"duration_nanos", &read.duration_nanos},
    };
    for (const chakra_format::Attribute& attribute : message.attr()) {
      if (attribute.name() == "pg_name") {
        // A number where others write it as text.
        const std::optional<double> number = number_of(attribute);
        node.group = trace_.word(number ? fmt::format("{}", *number) : attribute.string_val());
        continue;
      }
      for (const auto& [name, value] : wanted) {
        if (attribute.name() != name) continue;
        *value = number_of(attribute);
        if (!*value) {
          throw trace_.fault(node, fmt::format("{} is no number", name),
                             "give it one of the number types of AttributeProto");
        }
      }
    }
    return read;
  }

  void add(const chakra_format::Node& message) {
    if (trace_.nodes.size() >= kTraceNodesMax) {
      throw Fault(FaultKind::limit, fmt::format("more than {} nodes", kTraceNodesMax),
                  "cut the trace to one step")
          .in(trace_.file);
    }
    TraceNode node;
    node.id = message.id();
    node.name = trace_.word(message.name());
    if (message.type() < 1 || message.type() > 7) {
      throw trace_.fault(node,
                         fmt::format("type {} is none of Chakra's node types", message.type()),
                         "METADATA 1, MEM_LOAD 2, MEM_STORE 3, COMP 4, COMM_SEND 5, COMM_RECV 6, "
                         "COMM_COLL 7");
    }
    node.kind = static_cast<TraceNodeKind>(message.type());
    const NodeAttributes read = read_attributes(message, node);
    node.on_host = read.is_cpu_op.value_or(0) != 0;
    // The host's call of an exchange, as PyTorch's traces have it: what is exchanged is a node of
    // the chip that depends on it.
    const bool is_call = node.on_host && !read.comm_type && !read.comm_size;
    if (is_call && node.exchanges()) node.kind = TraceNodeKind::compute;
    node.operations = checked(node, "num_ops", read.num_ops, 0, kOperationsMax);
    node.seconds =
        read.duration_nanos
            ? checked(node, "duration_nanos", read.duration_nanos, 0, 1e9 * kSecondsMax) * 1e-9
            : checked(node, "duration_micros", static_cast<double>(message.duration_micros()), 0,
                      1e6 * kSecondsMax) *
                  1e-6;
    read_exchange(node, read);
    node.parents_first = static_cast<std::uint32_t>(trace_.parents.size());
    trace_.parents.insert(trace_.parents.end(), message.data_deps().begin(),
                          message.data_deps().end());
    has_control_ |= message.ctrl_deps_size() > 0;
    node.parents = static_cast<std::uint32_t>(trace_.parents.size()) - node.parents_first;
    if (node.kind == TraceNodeKind::metadata && !message.inputs().values().empty()) {
      group_texts_.emplace_back(node.id, message.inputs().values());
    }
    trace_.nodes.push_back(node);
  }

  void read_exchange(TraceNode& node, const NodeAttributes& read) const {
    if (!node.exchanges()) {
      node.bytes = checked(node, "tensor_size", read.tensor_size, 0, kBytesMax);
      return;
    }
    if (node.kind == TraceNodeKind::collective) {
      const double type = checked(node, "comm_type", read.comm_type, 0, 9, true);
      if (type != std::floor(type)) {
        throw trace_.fault(node, fmt::format("comm_type is {}", type), "a whole number");
      }
      node.collective = static_cast<TraceCollective>(type);
      node.bytes = checked(node, "comm_size", read.comm_size, 0, kBytesMax,
                           node.collective != TraceCollective::barrier);
      return;
    }
    const bool sends = node.kind == TraceNodeKind::send;
    node.bytes = checked(node, "comm_size", read.comm_size, 0, kBytesMax, sends);
    node.tag = static_cast<std::int64_t>(checked(node, "comm_tag", read.comm_tag, 0, 1e15));
    const double from = checked(node, "comm_src", read.comm_src, 0, kRankMax, !sends);
    const double to = checked(node, "comm_dst", read.comm_dst, 0, kRankMax, sends);
    node.peer = static_cast<std::int64_t>(sends ? to : from);
    const std::optional<double>& self = sends ? read.comm_src : read.comm_dst;
    if (self && *self != static_cast<double>(rank_)) {
      throw trace_.fault(node,
                         fmt::format("rank {} {} rank {:.17g}", rank_,
                                     sends ? "sends from" : "receives at", *self),
                         "comm_src of a send and comm_dst of a receive are the trace's own rank");
    }
    if (node.peer == rank_) {
      throw trace_.fault(node, "a rank does not send to itself", "name another rank");
    }
  }

  // By id, and no id twice.
  void sort() {
    std::vector<TraceNode>& nodes = trace_.nodes;
    const auto by_id = [](const TraceNode& a, const TraceNode& b) { return a.id < b.id; };
    if (!std::is_sorted(nodes.begin(), nodes.end(), by_id)) {
      std::sort(nodes.begin(), nodes.end(), by_id);
    }
    for (std::size_t i = 1; i < nodes.size(); ++i) {
      if (nodes[i].id == nodes[i - 1].id) {
        throw trace_.fault(nodes[i], "two nodes have this id", "ids are a trace's own, once each");
      }
    }
    for (auto& [id, text] : group_texts_) {
      const auto found = std::lower_bound(
          nodes.begin(), nodes.end(), id,
          [](const TraceNode& node, std::uint64_t wanted) { return node.id < wanted; });
      trace_.group_texts.emplace_back(found - nodes.begin(), std::move(text));
    }
  }

  std::string_view bytes_;
  pb::io::ArrayInputStream stream_;
  const std::int64_t rank_;
  std::size_t messages_ = 0;
  ExecutionTrace trace_;
  std::vector<std::pair<std::uint64_t, std::string>> group_texts_;
  bool has_control_ = false;
};

}  // namespace

ExecutionTrace parse_execution_trace(std::string_view bytes, const std::string& file,
                                     std::int64_t rank) {
  return TraceParser(bytes, file, rank).parse();
}

#else

ExecutionTrace parse_execution_trace(std::string_view, const std::string&, std::int64_t) {
  throw no_protobuf();
}

#endif

ExecutionTrace read_execution_trace(const std::string& file, std::int64_t rank) {
  constexpr std::size_t kFileBytesMax = (std::size_t{1} << 31) - 1;  // of an ArrayInputStream
  return parse_execution_trace(read_text(file, "the trace", kFileBytesMax), file, rank);
}

}  // namespace trainyard
