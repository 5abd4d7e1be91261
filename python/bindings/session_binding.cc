// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>

#include <cstring>

#include "bindings/python_fault.h"
#include "bindings/session.h"
#include "bindings/tensor.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

using SessionPtr = std::shared_ptr<SessionState>;

struct Session {
  SessionPtr state;
};

std::shared_ptr<const Machine> machine_of(nb::handle object) {
  if (PyUnicode_Check(object.ptr())) {
    return std::make_shared<const Machine>(load_machine(nb::str(object).c_str()));
  }
  return nb::cast<std::shared_ptr<Machine>>(object);
}

void create_session(Session* self, nb::handle machine, const std::string& numerics, bool precise_fp,
                    const std::string& mx_scale, const std::string& kernel) {
  CoreOptions options;
  const auto pick = [](const std::string& what, const std::string& value, const char* first,
                       const char* second) {
    if (value != first && value != second) {
      throw Fault(FaultKind::usage, fmt::format("'{}' is no {}", value, what),
                  fmt::format("{} or {}", first, second));
    }
    return value == second;
  };
  options.numerics =
      pick("numerics", numerics, "exact", "fast") ? NumericsMode::fast : NumericsMode::exact;
  options.mx_scale = pick("MX scale rule", mx_scale, "documented", "ocp")
                         ? mx::ScaleRule::ocp
                         : mx::ScaleRule::documented;
  options.precise_fp = precise_fp;
  new (self) Session{std::make_shared<SessionState>(machine_of(machine), options, kernel)};
}

nb::object tensor_object(const SessionPtr& session, const View& view, Buffer buffer) {
  const TensorInfo& info = session->builder.program().tensor(view.tensor);
  return nb::steal(new_tensor(
      {Tile(view, info), StorageRef(new Storage(session, view, buffer)), StorageRef(), {}}));
}

std::string name_of(nb::handle name) {
  return name.is_none() ? std::string() : std::string(nb::str(name).c_str());
}

std::int64_t elements_of(const Shape& shape) {
  std::int64_t n = 1;
  for (const std::int64_t size : shape) n *= size;
  return n;
}

// The bytes of a kernel input: an address, or a C-contiguous writable buffer that stays held.
std::byte* input_bytes(SessionState& session, nb::handle array, std::int64_t bytes) {
  if (PyLong_Check(array.ptr())) {
    return reinterpret_cast<std::byte*>(PyLong_AsVoidPtr(array.ptr()));
  }
  Py_buffer buffer;
  if (PyObject_GetBuffer(array.ptr(), &buffer, PyBUF_C_CONTIGUOUS | PyBUF_WRITABLE) != 0) {
    PyErr_Clear();
    throw Fault(FaultKind::program,
                fmt::format("a kernel input must be a writable C-contiguous array, not {}",
                            type_name(array.ptr())),
                "pass numpy.ascontiguousarray(array)");
  }
  if (buffer.len < bytes) {
    const Py_ssize_t held = buffer.len;
    PyBuffer_Release(&buffer);
    throw Fault(FaultKind::program,
                fmt::format("the array has {} bytes, its shape and dtype take {}", held, bytes));
  }
  session.buffers.push_back(buffer);
  return static_cast<std::byte*>(buffer.buf);
}

nb::object add_input(const Session& self, nb::handle array, nb::handle shape, nb::handle dtype,
                     nb::handle name, bool written) {
  SessionState& session = *self.state;
  session.mark_place();
  const DType type = dtype_of(dtype.ptr());
  const Shape sizes = shape_of(shape.ptr(), "shape");
  std::byte* data = input_bytes(session, array,
                                elements_of(sizes) * static_cast<std::int64_t>(dtype_bytes(type)));
  const View view = session.builder.input(sizes, type, data, name_of(name), written);
  session.inputs.push_back(view.tensor);
  return tensor_object(self.state, view, Buffer::private_hbm);
}

Address address_of(nb::handle object) {
  const Shape pair = shape_of(object.ptr(), "address");
  if (pair.size() != 2) {
    throw Fault(FaultKind::program, "address is a pair (partition, byte)");
  }
  return {static_cast<std::int32_t>(pair[0]), pair[1]};
}

nb::object add_tensor(const Session& self, nb::handle shape, nb::handle dtype, nb::handle buffer,
                      nb::handle name, nb::handle address) {
  SessionState& session = *self.state;
  session.mark_place();
  const Shape sizes = shape_of(shape.ptr(), "shape");
  const DType type = dtype_of(dtype.ptr());
  const Buffer where = buffer_of(buffer.ptr());
  Address at;
  if (!address.is_none()) at = address_of(address);
  const Address* fixed = address.is_none() ? nullptr : &at;
  View view;
  switch (where) {
    case Buffer::sbuf:
      view = session.builder.sbuf(sizes, type, name_of(name), fixed);
      break;
    case Buffer::psum:
      view = session.builder.psum(sizes, type, name_of(name), fixed);
      break;
    case Buffer::private_hbm:
      view = session.builder.hbm(sizes, type, TensorRole::internal, name_of(name), false);
      break;
    case Buffer::shared_hbm:
      view = session.builder.hbm(sizes, type, TensorRole::output, name_of(name), true);
      break;
  }
  return tensor_object(self.state, view, where);
}

const Tensor& tensor_argument(nb::handle object) {
  const Tensor* tensor = as_tensor(object.ptr());
  if (tensor == nullptr) {
    throw Fault(FaultKind::program,
                fmt::format("a tensor is needed, not {}", type_name(object.ptr())));
  }
  return *tensor;
}

// The core's own bytes, kept alive by the Session that the array has as its base.
nb::object hbm_array(nb::handle self, nb::handle object) {
  const Tensor& tensor = tensor_argument(object);
  SessionState& session = *nb::inst_ptr<Session>(self)->state;
  const View& view = tensor.tile.view();
  if (view.space != Space::hbm || tensor.tile.indirect()) {
    throw Fault(FaultKind::program, "only HBM tensors are arrays outside of the core",
                "copy it to HBM with dma_copy, or use read()");
  }
  std::byte* data = session.core.data(view.tensor) + view.offset_bytes;
  const nb::module_ numpy = nb::module_::import_("numpy");
  const std::size_t bytes = dtype_bytes(view.dtype);
  nb::list shape, strides;
  for (int d = 0; d < view.rank; ++d) {
    const std::int64_t step = view.dims[d].step * static_cast<std::int64_t>(bytes);
    shape.append(view.dims[d].count);
    strides.append(step);
  }
  // The array's base holds the session, and with it the bytes.
  const nb::object holder = nb::module_::import_("types").attr("SimpleNamespace")();
  holder.attr("session") = self;
  nb::dict interface;
  interface["version"] = 3;
  interface["shape"] = nb::tuple(shape);
  interface["strides"] = nb::tuple(strides);
  interface["typestr"] = fmt::format("{}u{}", bytes == 1 ? "|" : "<", bytes).c_str();
  interface["data"] = nb::make_tuple(reinterpret_cast<std::uintptr_t>(data), false);
  holder.attr("__array_interface__") = interface;
  return numpy.attr("asarray")(holder);
}

// (bytes, shape, dtype) of what the view holds now, row-major.
nb::object read_tensor(const Session& self, nb::handle object) {
  Tensor& tensor = const_cast<Tensor&>(tensor_argument(object));
  SessionState& session = *self.state;
  const View view = operand_view(session, tensor);
  const std::size_t bytes = dtype_bytes(view.dtype);
  const auto elements = static_cast<std::size_t>(view.elements());
  std::vector<std::uint32_t> bits(elements);
  const Rows rows = session.core.access(view, Touch::read, OobMode::error);
  load_rows_bits(rows, 0, rows.partitions, bits.data());
  nb::object data =
      nb::steal(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(elements * bytes)));
  char* out = PyBytes_AS_STRING(data.ptr());
  for (std::size_t i = 0; i < elements; ++i) std::memcpy(out + i * bytes, &bits[i], bytes);
  return nb::make_tuple(
      data, object.attr("shape"),
      nb::str(dtype_info(view.dtype).name.data(), dtype_info(view.dtype).name.size()));
}

// New arrays, or addresses, for the inputs in the order they were added.
void replay(const Session& self, nb::handle inputs) {
  SessionState& session = *self.state;
  if (!session.replay) {
    session.replay = std::make_unique<Replay>(session.builder.program(), session.core);
  }
  std::vector<Py_buffer> before;
  before.swap(session.buffers);
  std::size_t i = 0;
  for (nb::handle array : nb::iter(inputs)) {
    if (i == session.inputs.size()) break;
    const TensorInfo& info = session.builder.program().tensor(session.inputs[i]);
    session.replay->rebind(session.inputs[i], input_bytes(session, array, info.partition_bytes));
    ++i;
  }
  for (Py_buffer& buffer : before) PyBuffer_Release(&buffer);
  if (i != session.inputs.size()) {
    throw Fault(FaultKind::program,
                fmt::format("{} inputs given, the kernel has {}", i, session.inputs.size()));
  }
  session.replay->run();
}

}  // namespace

void bind_session(nb::module_& module) {
  nb::class_<Session>(module, "Session")
      .def("__init__", create_session, nb::arg("machine"), nb::kw_only(),
           nb::arg("numerics") = "exact", nb::arg("precise_fp") = true,
           nb::arg("mx_scale") = "documented", nb::arg("kernel") = "")
      .def("input", add_input, nb::arg("array"), nb::arg("shape"), nb::arg("dtype"),
           nb::arg("name") = nb::none(), nb::arg("written") = true)
      .def("ndarray", add_tensor, nb::arg("shape"), nb::arg("dtype"), nb::arg("buffer") = "sbuf",
           nb::arg("name") = nb::none(), nb::arg("address") = nb::none())
      .def("enter", [](const Session& s) { SessionState::enter(s.state); })
      .def("exit", [](const Session& s) { SessionState::exit(s.state.get()); })
      .def_prop_rw(
          "fixed_order", [](const Session& s) { return s.state->fixed_order; },
          [](const Session& s, bool on) {
            s.state->fixed_order = on;
            s.state->builder.set_fixed_order(on);
          })
      .def_prop_rw(
          "ignore_unknown_keywords",
          [](const Session& s) { return s.state->ignore_unknown_keywords; },
          [](const Session& s, bool on) { s.state->ignore_unknown_keywords = on; })
      .def_prop_ro("data_dependent",
                   [](const Session& s) { return s.state->builder.program().data_dependent; })
      .def_prop_ro("instructions",
                   [](const Session& s) { return s.state->builder.program().stream.size(); })
      .def_prop_ro("place",
                   [](const Session& s) {
                     const SourcePlace& at =
                         s.state->builder.program().sources.place(s.state->places.current());
                     return nb::make_tuple(at.file, at.line);
                   })
      .def("array", hbm_array, nb::arg("tensor"))
      .def("read", read_tensor, nb::arg("tensor"))
      .def("replay", replay, nb::arg("inputs"))
      .def("finish", [](const Session& s) { return finish_session(s.state); });
  module.def("current_session_or_none", []() -> nb::object {
    if (SessionState::current_or_null() == nullptr) return nb::none();
    return nb::cast(Session{SessionState::current_shared()});
  });
}

}  // namespace trainyard::python
