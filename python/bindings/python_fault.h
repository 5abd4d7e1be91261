// SPDX-License-Identifier: Apache-2.0
// C++ Fault to Python's _core.Fault.
#pragma once

#include <nanobind/nanobind.h>

#include "base/fault.h"

namespace trainyard::python {

void bind_fault(nanobind::module_& module);

// Sets the Python error for `fault`; its place becomes the current kernel line if it has none.
void raise_fault(Fault fault);

// A Python error is already set; passes through C++ to the border.
struct PythonError {};

// Runs `body` and returns what it returns, or null with a Python error set.
template <class F>
PyObject* guarded(F&& body) {
  try {
    return body();
  } catch (const Fault& fault) {
    raise_fault(fault);
  } catch (const PythonError&) {
  } catch (const nanobind::python_error& error) {
    const_cast<nanobind::python_error&>(error).restore();
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (const std::exception& error) {
    raise_fault(Fault(FaultKind::internal, error.what(), "please report it"));
  }
  return nullptr;
}

}  // namespace trainyard::python
