// SPDX-License-Identifier: Apache-2.0
// Registers of a kernel call, and slices that start at one.
#include <fmt/format.h>

#include "bindings/tensor.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

PyTypeObject* register_type = nullptr;

}  // namespace

Register* as_register(PyObject* object) {
  return Py_TYPE(object) == register_type ? nb::inst_ptr<Register>(nb::handle(object)) : nullptr;
}

PyObject* new_register(const std::shared_ptr<SessionState>& session, RegisterId id) {
  nb::object object = nb::inst_alloc(nb::handle(reinterpret_cast<PyObject*>(register_type)));
  new (nb::inst_ptr<Register>(object)) Register{session, id, false};
  nb::inst_mark_ready(object);
  return object.release().ptr();
}

void bind_registers(nb::module_& module) {
  nb::class_<Register> registers(module, "Register");
  registers.def("__init__", [](nb::handle, const nb::args&, const nb::kwargs&) {
    throw Fault(FaultKind::not_modelled, "a register has no state to be made from",
                "allocate it with nisa.register_alloc()");
  });
  registers.def("__bool__", [](const Register& r) { return r.value() != 0; })
      .def("__int__", &Register::value)
      .def("__index__", &Register::value)
      .def("__repr__",
           [](const Register& r) {
             return nb::str(fmt::format("<register {} = {}>", r.id, r.value()).c_str());
           })
      .def_rw("frozen", &Register::frozen);
  register_type = reinterpret_cast<PyTypeObject*>(registers.ptr());

  nb::class_<DynamicSlice>(module, "DynamicSlice")
      .def(
          "__init__",
          [](DynamicSlice* self, nb::object start, nb::handle size) {
            new (self) DynamicSlice{std::move(start), integer_of(size.ptr(), "the size of nl.ds")};
          },
          nb::arg("start").none(), nb::arg("size").none())
      .def_ro("start", &DynamicSlice::start)
      .def_ro("size", &DynamicSlice::size);
}

}  // namespace trainyard::python
