// SPDX-License-Identifier: Apache-2.0
// What a tensor holds while the kernel runs: for print, and for the truth of a comparison.
#pragma once

#include <cstdint>
#include <vector>

#include "bindings/tensor.h"

namespace trainyard::python {

// The bits of its elements, row-major. The kernel has seen values: it must be traced each time.
std::vector<std::uint32_t> element_bits(Tensor& tensor);

// The slot of bool(tensor): -1 with a Python error set.
int truth_of(PyObject* tensor);

// The same tensor, true where all its elements are.
nanobind::object as_comparison(nanobind::handle tensor);

}  // namespace trainyard::python
