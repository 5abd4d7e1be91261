// SPDX-License-Identifier: Apache-2.0
// trainyard._core: the C++ core for Python.
#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include "bindings/packed_dtypes.h"
#include "bindings/python_fault.h"
#include "bindings/session.h"

NB_MODULE(_core, module) {
  namespace python = trainyard::python;
  // Objects of a kernel call that failed may outlive the interpreter's last clean-up.
  nanobind::set_leak_warnings(false);
  python::bind_fault(module);
  python::bind_machine(module);
  python::bind_cluster(module);
  python::bind_result(module);
  python::bind_session(module);
  python::bind_registers(module);
  python::bind_tensor(module);
  python::bind_scope(module);
  python::bind_instructions(module);
  python::bind_parameters(module);
  python::bind_packed_dtypes(module);
  module.def("register_choice", python::register_choice, nanobind::arg("kind"),
             nanobind::arg("obj"), nanobind::arg("name"));
  module.def("add_own_directory", python::add_own_directory, nanobind::arg("directory"),
             "Frames of files below it are never shown as the kernel's place.");
}
