// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nanobind/nanobind.h>

namespace trainyard::python {

// `packed_dtypes`: name to numpy.dtype of each packed x4 format.
void bind_packed_dtypes(nanobind::module_& module);

}  // namespace trainyard::python
