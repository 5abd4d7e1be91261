// SPDX-License-Identifier: Apache-2.0
#include "bindings/tensor_values.h"

#include <algorithm>

#include "bindings/python_fault.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

bool all_true(Tensor& tensor) {
  const DType dtype = tensor.tile.view().dtype;
  // Minus zero is a zero.
  const std::uint32_t sign = is_integer(dtype) ? 0 : 1u << (8 * dtype_bytes(dtype) - 1);
  const std::vector<std::uint32_t> bits = element_bits(tensor);
  tensor.storage->session().builder.program().data_dependent = true;
  return std::all_of(bits.begin(), bits.end(), [sign](auto b) { return (b & ~sign) != 0; });
}

}  // namespace

std::vector<std::uint32_t> element_bits(Tensor& tensor) {
  SessionState& session = tensor.storage->session();
  const View view = operand_view(session, tensor);
  session.always_trace |= !session.finished;
  std::vector<std::uint32_t> bits(static_cast<std::size_t>(view.elements()));
  if (bits.empty()) return bits;  // a slice of nothing names no memory
  const Rows rows = session.core.look(view);
  load_rows_bits(rows, 0, rows.partitions, bits.data());
  return bits;
}

int truth_of(PyObject* self) {
  Tensor& tensor = *nb::inst_ptr<Tensor>(nb::handle(self));
  if (!tensor.comparison) return 1;
  try {
    return all_true(tensor) ? 1 : 0;
  } catch (const Fault& fault) {
    raise_fault(fault);
    return -1;
  }
}

nb::object as_comparison(nb::handle self) {
  Tensor result = *as_tensor(self.ptr());
  result.comparison = true;
  return nb::steal(new_tensor(std::move(result)));
}

}  // namespace trainyard::python
