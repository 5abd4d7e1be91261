// SPDX-License-Identifier: Apache-2.0
// t[key], the call that kernels make most often.
#pragma once

#include "bindings/tensor.h"

namespace trainyard::python {

PyObject* tensor_subscript(PyObject* self, PyObject* key);

}  // namespace trainyard::python
