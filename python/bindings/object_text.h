// SPDX-License-Identifier: Apache-2.0
// What to call a Python object in messages.
#pragma once

#include <nanobind/nanobind.h>

#include <string>

namespace trainyard::python {

std::string type_name(PyObject* object);

// What str() gives, in UTF-8; what UTF-8 has no form for is written as an escape.
std::string text_of(nanobind::handle object);

}  // namespace trainyard::python
