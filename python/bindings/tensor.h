// SPDX-License-Identifier: Apache-2.0
// The Python tensor: a Tile and a share of its storage.
#pragma once

#include <nanobind/nanobind.h>

#include "bindings/object_text.h"
#include "bindings/session.h"
#include "program/tile.h"

namespace trainyard::python {

struct Tensor {
  Tile tile;
  StorageRef storage;
  StorageRef index;         // of the tile that chooses rows or elements at run time
  nanobind::object viewed;  // what it was before view(dtype); else empty
  bool comparison = false;  // true where all its elements are; any other tensor is true

  Tensor with(Tile other) const { return {std::move(other), storage, index, viewed, comparison}; }
};

// A slice whose start is a register.
struct DynamicSlice {
  nanobind::object start;
  std::int64_t size = 0;
};

// Exact type tests; null if it is something else.
Tensor* as_tensor(PyObject* object);
Register* as_register(PyObject* object);

PyObject* new_tensor(Tensor tensor);
PyObject* new_register(const std::shared_ptr<SessionState>& session, RegisterId id);

// The view to hand to an instruction; registers what it is indirect by.
View operand_view(SessionState& session, Tensor& tensor);

// Throws Fault if the tensor was declared in the body of a loop that has ended.
void check_scope(SessionState& session, const StorageRef& storage);

// An integer of Python or numpy. Throws Fault naming `what`.
std::int64_t integer_of(PyObject* object, const char* what);
Shape shape_of(PyObject* object, const char* what);

std::string repr_text(const Tensor& tensor);

}  // namespace trainyard::python
