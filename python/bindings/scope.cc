// SPDX-License-Identifier: Apache-2.0
// Tensors that the body of nl.fori_loop or nl.while_loop declares stay inside of the loop (NKI
// migration guide, rules for migrated loops).
#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/fault.h"
#include "bindings/tensor.h"

namespace trainyard::python {

namespace nb = nanobind;

void SessionState::leave_loop(TensorId first) {
  const auto end = static_cast<TensorId>(builder.program().tensors.size());
  while (!left.empty() && left.back().first >= first) left.pop_back();  // of loops in this one
  if (first < end) left.emplace_back(first, end);
}

bool SessionState::out_of_scope(TensorId tensor) const {
  const auto after = std::upper_bound(left.begin(), left.end(), std::pair{tensor, kNoTensor});
  return after != left.begin() && tensor < std::prev(after)->second;
}

void check_scope(SessionState& session, const StorageRef& storage) {
  if (storage.get() == nullptr || !session.out_of_scope(storage->id())) return;
  const Program& program = session.builder.program();
  const TensorInfo& info = program.tensor(storage->id());
  throw Fault(
      FaultKind::program,
      fmt::format("the tensor{} was declared in the body of a loop (line {}) and is used "
                  "outside of it",
                  info.name.empty() ? "" : " " + info.name, program.sources.place(info.where).line),
      "declare it before the loop; --permissive or TRAINYARD_PERMISSIVE=1 runs it all the "
      "same");
}

void bind_scope(nb::module_& module) {
  module.def("tensors_declared",
             [] { return SessionState::current().builder.program().tensors.size(); });
  module.def("leave_loop", [](TensorId first) { SessionState::current().leave_loop(first); });
  module.def(
      "check_scope",
      [](nb::handle object) {
        const Tensor* tensor = as_tensor(object.ptr());
        if (tensor != nullptr) check_scope(SessionState::current(), tensor->storage);
      },
      nb::arg("object").none());
}

}  // namespace trainyard::python
