// SPDX-License-Identifier: Apache-2.0
// Python objects that stand for named values: nl functions and enum members for operators and
// modes, dtype objects, memory regions. The Python side registers its objects by name.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <string>

#include "isa/operands.h"

namespace trainyard::python {

// In order of nki.language.MemoryRegion.
enum class Buffer : std::uint8_t { sbuf, psum, private_hbm, shared_hbm };

void register_choice(const std::string& kind, nanobind::handle object, const std::string& name);

// The value that `object` stands for: a registered object, a name, a number, or anything with a
// name of its own. Throws Fault.
std::uint8_t choice_of(const Choices& choices, PyObject* object);
DType dtype_of(PyObject* object);
Buffer buffer_of(PyObject* object);

// The object registered first for the value, or its name. Borrowed.
PyObject* dtype_object(DType dtype);
PyObject* buffer_object(Buffer buffer);

}  // namespace trainyard::python
