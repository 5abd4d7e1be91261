// SPDX-License-Identifier: Apache-2.0
#include "report/operands_text.h"

#include <array>
#include <iterator>

#include <fmt/format.h>

namespace trainyard {
namespace {

// Tiles only: they are what an instruction works on; attributes are in the source line.
class TileText final : public TileVisitor {
 public:
  explicit TileText(const Program& program) : program_(program) {}

  void tile(const Param& param, View& view) override {
    if (!view.present()) return;
    if (!text_.empty()) text_ += "; ";
    fmt::format_to(std::back_inserter(text_), "{} {} {}[", param.name, space_key(view.space),
                   dtype_info(view.dtype).name);
    for (int d = 0; d < view.rank; ++d) {
      fmt::format_to(std::back_inserter(text_), "{}{}", d == 0 ? "" : ",", view.dims[d].count);
    }
    fmt::format_to(std::back_inserter(text_), "] {}", program_.tensor(view.tensor).name);
  }

  const std::string& text() const { return text_; }

 private:
  const Program& program_;
  std::string text_;
};

}  // namespace

std::string_view space_key(Space space) {
  constexpr std::array<std::string_view, 3> kKeys = {"sbuf", "psum", "hbm"};
  return kKeys[static_cast<std::size_t>(space)];
}

std::string operands_text(const Program& program, const Recorded& recorded) {
  TileText text(program);
  entry(recorded.opcode).visit(recorded.operands, text);
  return text.text();
}

}  // namespace trainyard
