// SPDX-License-Identifier: Apache-2.0
#include "isa/traffic.h"

namespace trainyard {
namespace {

std::int64_t distinct_bytes(const View& view) {
  auto bytes = static_cast<std::int64_t>(dtype_bytes(view.dtype));
  for (int d = 0; d < view.rank; ++d) {
    if (view.dims[d].step != 0) bytes *= view.dims[d].count;
  }
  return bytes;
}

class TrafficVisitor final : public TileVisitor {
 public:
  explicit TrafficVisitor(Traffic& total) : total_(total) {}

  void tile(const Param& param, View& view) override {
    if (!param.moves_bytes || !view.present()) return;
    const std::int64_t bytes = distinct_bytes(view);
    if (reads(param.touch)) read(view.space) += bytes;
    if (writes(param.touch)) written(view.space) += bytes;
  }

 private:
  std::int64_t& read(Space space) {
    return space == Space::sbuf   ? total_.sbuf_read_bytes
           : space == Space::psum ? total_.psum_read_bytes
                                  : total_.hbm_read_bytes;
  }
  std::int64_t& written(Space space) {
    return space == Space::sbuf   ? total_.sbuf_write_bytes
           : space == Space::psum ? total_.psum_write_bytes
                                  : total_.hbm_write_bytes;
  }

  Traffic& total_;
};

}  // namespace

void add_traffic(const Entry& entry, void* operands, Traffic& total) {
  TrafficVisitor visitor(total);
  entry.visit(operands, visitor);
}

Traffic traffic_of(const Entry& entry, void* operands) {
  Traffic total;
  add_traffic(entry, operands, total);
  return total;
}

}  // namespace trainyard
