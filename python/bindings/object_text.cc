// SPDX-License-Identifier: Apache-2.0
#include "bindings/object_text.h"

namespace trainyard::python {

namespace nb = nanobind;

std::string type_name(PyObject* object) {
  return Py_TYPE(object)->tp_name;
}

std::string text_of(nb::handle object) {
  const nb::object text = nb::steal(PyObject_Str(object.ptr()));
  if (!text.is_valid()) throw nb::python_error();
  const nb::object bytes =
      nb::steal(PyUnicode_AsEncodedString(text.ptr(), "utf-8", "backslashreplace"));
  if (!bytes.is_valid()) throw nb::python_error();
  return {PyBytes_AS_STRING(bytes.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr()))};
}

}  // namespace trainyard::python
