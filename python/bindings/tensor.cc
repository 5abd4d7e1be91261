// SPDX-License-Identifier: Apache-2.0
#include "bindings/tensor.h"

#include <fmt/format.h>

#include "bindings/python_fault.h"
#include "bindings/tensor_index.h"
#include "bindings/tensor_values.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

PyTypeObject* tensor_type = nullptr;

int refuse_assignment(PyObject*, PyObject*, PyObject*) {
  raise_fault(Fault(FaultKind::program, "a tensor is written by instructions, not by assignment",
                    "use nisa.tensor_copy or nl.store"));
  return -1;
}

nb::object tuple_of(const Tile& tile, std::int64_t (Tile::*get)(int) const) {
  PyObject* tuple = PyTuple_New(tile.rank());
  for (int d = 0; d < tile.rank(); ++d) {
    PyTuple_SET_ITEM(tuple, d, PyLong_FromLongLong((tile.*get)(d)));
  }
  return nb::steal(tuple);
}

nb::object wrap(Tensor tensor) {
  return nb::steal(new_tensor(std::move(tensor)));
}

const Tensor& index_tensor(nb::handle object, const char* what) {
  const Tensor* tensor = as_tensor(object.ptr());
  if (tensor == nullptr) {
    throw Fault(FaultKind::program,
                fmt::format("{} must be a tensor in SBUF, not {}", what, type_name(object.ptr())));
  }
  if (tensor->tile.indirect()) {
    throw Fault(FaultKind::program, fmt::format("{} must lie at a fixed place", what),
                "copy it first");
  }
  return *tensor;
}

Pattern pattern_of(nb::handle object) {
  const Fault wrong = Fault(FaultKind::program, "a pattern is a list of [step, count] pairs",
                            "for example [[512, 128], [1, 512]]")
                          .in("ap");
  const nb::object pairs = nb::steal(PySequence_Tuple(object.ptr()));
  if (!pairs.is_valid()) throw wrong;
  Pattern pattern;
  for (nb::handle item : pairs) {
    const nb::object pair = nb::steal(PySequence_Tuple(item.ptr()));
    if (!pair.is_valid() || PyTuple_GET_SIZE(pair.ptr()) != 2) throw wrong;
    pattern.dims.emplace_back(integer_of(PyTuple_GET_ITEM(pair.ptr(), 0), "a step"),
                              integer_of(PyTuple_GET_ITEM(pair.ptr(), 1), "a count"));
  }
  return pattern;
}

nb::object access_pattern(const Tensor& t, nb::handle pattern, nb::handle offset,
                          nb::handle scalar_offset, nb::handle vector_offset, int indirect_dim,
                          nb::handle dtype) {
  Tile::Dynamic dynamic;
  dynamic.dim = indirect_dim;
  StorageRef index = t.index;
  const auto use = [&](nb::handle object, const char* what) {
    const Tensor& tensor = index_tensor(object, what);
    index = tensor.storage;
    return &tensor.tile;
  };
  if (!scalar_offset.is_none() && !vector_offset.is_none()) {
    throw Fault(FaultKind::program, "at most one of scalar_offset and vector_offset is taken")
        .in("ap");
  }
  if (!scalar_offset.is_none()) {
    if (const Register* reg = as_register(scalar_offset.ptr())) {
      dynamic.reg = reg->id;
    } else if (PyIndex_Check(scalar_offset.ptr())) {
      throw Fault(FaultKind::program, "scalar_offset is for values known only at run time",
                  "add a constant to offset")
          .in("ap");
    } else {
      dynamic.scalar = use(scalar_offset, "scalar_offset");
    }
  }
  if (!vector_offset.is_none()) dynamic.vector = use(vector_offset, "vector_offset");
  std::optional<DType> as;
  if (!dtype.is_none()) as = dtype_of(dtype.ptr());
  Tensor result = t.with(t.tile.ap(
      pattern_of(pattern), offset.is_none() ? 0 : integer_of(offset.ptr(), "offset"), dynamic, as));
  result.index = index;
  return wrap(std::move(result));
}

nb::object items_of(nb::handle names) {
  nb::object items = nb::steal(PySequence_Tuple(names.ptr()));
  if (!items.is_valid()) {
    PyErr_Clear();
    throw Fault(FaultKind::program,
                fmt::format("a pattern must be a tuple of names, not {}", type_name(names.ptr())),
                "(\"p\", (\"h\", \"w\")) names a dimension p and one that is h times w")
        .in("rearrange");
  }
  return items;
}

NamedDims named_dims(nb::handle pattern) {
  NamedDims dims;
  for (nb::handle item : items_of(pattern)) {
    std::vector<std::string> group;
    if (PyUnicode_Check(item.ptr())) {
      group.push_back(text_of(item));
    } else {
      for (nb::handle name : items_of(item)) group.push_back(text_of(name));
    }
    dims.push_back(std::move(group));
  }
  return dims;
}

nb::object rearrange(const Tensor& t, nb::handle from, nb::handle to, nb::handle sizes) {
  std::vector<std::pair<std::string, std::int64_t>> fixed;
  if (!sizes.is_none()) {
    if (!PyDict_Check(sizes.ptr())) {
      throw Fault(FaultKind::program,
                  fmt::format("fixed_sizes must be a dictionary, not {}", type_name(sizes.ptr())),
                  "{'h': 64} gives the dimension h 64 elements")
          .in("rearrange");
    }
    for (auto [name, size] : nb::borrow<nb::dict>(sizes)) {
      fixed.emplace_back(text_of(name), integer_of(size.ptr(), "a size"));
    }
  }
  return wrap(t.with(t.tile.rearrange(named_dims(from), named_dims(to), fixed)));
}

nb::object reshape(const Tensor& t, nb::handle shape) {
  return wrap(t.with(t.tile.reshape(shape_of(shape.ptr(), "reshape"))));
}

nb::object view_as(nb::handle self, nb::handle dtype) {
  const Tensor& t = *as_tensor(self.ptr());
  Tensor result = t.with(t.tile.as(dtype_of(dtype.ptr())));
  result.viewed = t.viewed.is_valid() ? t.viewed : nb::borrow(self);
  return wrap(std::move(result));
}

nb::object select(const Tensor& t, int dim, nb::handle index) {
  if (const Register* reg = as_register(index.ptr())) {
    return wrap(t.with(t.tile.select(dim, reg->id)));
  }
  if (as_tensor(index.ptr()) != nullptr) {
    const Tensor& chosen = index_tensor(index, "index");
    Tensor result = t.with(t.tile.select(dim, chosen.tile));
    result.index = chosen.storage;
    return wrap(std::move(result));
  }
  return wrap(t.with(t.tile.select(dim, integer_of(index.ptr(), "index"))));
}

nb::object vector_select(const Tensor& t, int dim, nb::handle rows) {
  const Tensor& chosen = index_tensor(rows, "vector_offset");
  Tensor result = t.with(t.tile.vector_select(dim, chosen.tile));
  result.index = chosen.storage;
  return wrap(std::move(result));
}

nb::object indirect(const Tensor& t, nb::handle index, nb::handle count) {
  const Tensor& chosen = index_tensor(index, "index");
  const std::int64_t elements =
      count.is_none() ? chosen.tile.view().elements() : integer_of(count.ptr(), "num_elem");
  Tensor result = t.with(t.tile.indirect(chosen.tile, elements));
  result.index = chosen.storage;
  return wrap(std::move(result));
}

nb::object pattern_list(const Tensor& t) {
  nb::list list;
  for (int d = 0; d < t.tile.rank(); ++d) {
    nb::list pair;
    pair.append(t.tile.stride(d));
    pair.append(t.tile.extent(d));
    list.append(pair);
  }
  return list;
}

}  // namespace

Tensor* as_tensor(PyObject* object) {
  return Py_TYPE(object) == tensor_type ? nb::inst_ptr<Tensor>(nb::handle(object)) : nullptr;
}

PyObject* new_tensor(Tensor tensor) {
  nb::object object = nb::inst_alloc(nb::handle(reinterpret_cast<PyObject*>(tensor_type)));
  new (nb::inst_ptr<Tensor>(object)) Tensor(std::move(tensor));
  nb::inst_mark_ready(object);
  return object.release().ptr();
}

std::int64_t integer_of(PyObject* object, const char* what) {
  if (PyLong_CheckExact(object)) {
    const std::int64_t value = PyLong_AsLongLong(object);
    if (value == -1 && PyErr_Occurred() != nullptr) {
      PyErr_Clear();
      throw Fault(FaultKind::program, fmt::format("{} must be an integer of 64 bits", what),
                  "the number given is larger");
    }
    return value;
  }
  if (as_register(object) != nullptr) {
    throw Fault(FaultKind::program, fmt::format("{} must be known when the kernel is built", what),
                "use nl.ds(register, size) for a slice that starts at a register");
  }
  const nb::object number = nb::steal(PyNumber_Index(object));
  if (!number.is_valid()) {
    PyErr_Clear();
    throw Fault(FaultKind::program,
                fmt::format("{} must be an integer, not {}", what, type_name(object)));
  }
  return integer_of(number.ptr(), what);
}

Shape shape_of(PyObject* object, const char* what) {
  Shape shape;
  if (PyIndex_Check(object)) {
    shape.push_back(integer_of(object, what));
    return shape;
  }
  const nb::object items = nb::steal(PySequence_Fast(object, "not a shape"));
  if (!items.is_valid()) {
    PyErr_Clear();
    throw Fault(FaultKind::program,
                fmt::format("{} must be a tuple of integers, not {}", what, type_name(object)));
  }
  const Py_ssize_t count = PySequence_Fast_GET_SIZE(items.ptr());
  for (Py_ssize_t i = 0; i < count; ++i) {
    shape.push_back(integer_of(PySequence_Fast_GET_ITEM(items.ptr(), i), what));
  }
  return shape;
}

View operand_view(SessionState& session, Tensor& tensor) {
  if (&tensor.storage->session() != &session) {
    throw Fault(FaultKind::program, "the tensor belongs to another kernel call",
                "a tensor lives as long as the call that made it");
  }
  if (!session.left.empty()) {
    check_scope(session, tensor.storage);
    check_scope(session, tensor.index);
  }
  tensor.tile.check_used();
  const auto& indirect = tensor.tile.indirect();
  if (!indirect) return tensor.tile.view();
  if (tensor.tile.view().indirect == 0) {
    tensor.tile.bind_indirect(session.builder.add_indirect(*indirect));
  }
  const std::int64_t extent = tensor.tile.indexed_extent();
  if (extent != 0 && indirect->reg != kNoRegister) {
    const std::int64_t start = session.core.register_value(indirect->reg);
    if (start < 0 || start >= indirect->index_limit) {
      throw Fault(FaultKind::program,
                  fmt::format("a slice of {} elements that starts at {}, the register's value, is "
                              "out of bounds: dimension {} has {}",
                              extent - indirect->index_limit + 1, start, indirect->dim, extent),
                  fmt::format("the register may hold 0 to {}", indirect->index_limit - 1));
    }
  }
  return tensor.tile.view();
}

std::string repr_text(const Tensor& t) {
  const nb::handle buffer = buffer_object(t.storage->buffer());
  const TensorInfo& info = t.storage->session().builder.program().tensor(t.tile.view().tensor);
  return fmt::format("<tensor {}{} {} in {}>", info.name.empty() ? "" : info.name + " ",
                     shape_text(t.tile), dtype_info(t.tile.view().dtype).name,
                     nb::str(nb::getattr(buffer, "name", buffer)).c_str());
}

namespace {

void bind_views(nb::class_<Tensor>& type) {
  const auto none = nb::none();
  type.def(
          "slice",
          [](const Tensor& t, int dim, nb::handle start, nb::handle end, nb::handle step) {
            return wrap(
                t.with(t.tile.slice(dim, integer_of(start.ptr(), "start"),
                                    integer_of(end.ptr(), "end"), integer_of(step.ptr(), "step"))));
          },
          nb::arg("dim"), nb::arg("start").none(), nb::arg("end").none(),
          nb::arg("step").none() = 1)
      .def("select", select, nb::arg("dim"), nb::arg("index").none())
      .def("vector_select", vector_select, nb::arg("dim"), nb::arg("vector_offset").none())
      .def(
          "permute",
          [](const Tensor& t, nb::handle dims) {
            const Shape order = shape_of(dims.ptr(), "dims");
            return wrap(t.with(t.tile.permute(std::vector<int>(order.begin(), order.end()))));
          },
          nb::arg("dims").none())
      .def(
          "broadcast",
          [](const Tensor& t, int dim, nb::handle size) {
            return wrap(t.with(t.tile.broadcast(dim, integer_of(size.ptr(), "size"))));
          },
          nb::arg("dim"), nb::arg("size").none())
      .def(
          "expand_dim",
          [](const Tensor& t, int dim) { return wrap(t.with(t.tile.expand_dim(dim))); },
          nb::arg("dim"))
      .def(
          "squeeze_dim",
          [](const Tensor& t, int dim) { return wrap(t.with(t.tile.squeeze_dim(dim))); },
          nb::arg("dim"))
      .def(
          "reshape_dim",
          [](const Tensor& t, int dim, nb::handle shape) {
            return wrap(t.with(t.tile.reshape_dim(dim, shape_of(shape.ptr(), "shape"))));
          },
          nb::arg("dim"), nb::arg("shape").none())
      .def(
          "flatten_dims",
          [](const Tensor& t, int start, int end) {
            return wrap(t.with(t.tile.flatten_dims(start, end)));
          },
          nb::arg("start_dim"), nb::arg("end_dim"))
      .def("reshape", reshape, nb::arg("shape").none())
      .def("reshape", reshape, nb::arg("new_shape").none())  // as 0.4 called it
      .def("reshape", [](const Tensor& t, const nb::args& sizes) { return reshape(t, sizes); })
      .def("rearrange", rearrange, nb::arg("src_pattern").none(), nb::arg("dst_pattern").none(),
           nb::arg("fixed_sizes") = none)
      .def("ap", access_pattern, nb::arg("pattern").none(), nb::arg("offset") = none,
           nb::arg("scalar_offset") = none, nb::arg("vector_offset") = none,
           nb::arg("indirect_dim") = 0, nb::arg("dtype") = none)
      .def("view", view_as, nb::arg("dtype").none())
      .def("reinterpret_cast", view_as, nb::arg("dtype").none())
      .def("indirect", indirect, nb::arg("index").none(), nb::arg("num_elem") = none);
}

}  // namespace

void bind_tensor(nb::module_& module) {
  static PyType_Slot slots[] = {{Py_mp_subscript, reinterpret_cast<void*>(tensor_subscript)},
                                {Py_mp_ass_subscript, reinterpret_cast<void*>(refuse_assignment)},
                                {Py_nb_bool, reinterpret_cast<void*>(truth_of)},
                                {0, nullptr}};
  nb::class_<Tensor> type(module, "Tensor", nb::type_slots(slots), nb::is_weak_referenceable());
  type.def("__init__", [](nb::handle, const nb::args&, const nb::kwargs&) {
    throw Fault(FaultKind::not_modelled, "a tensor is not made from a storage handle",
                "allocate it with nl.ndarray");
  });
  type.def_prop_ro("shape", [](const Tensor& t) { return tuple_of(t.tile, &Tile::extent); })
      .def_prop_ro("strides", [](const Tensor& t) { return tuple_of(t.tile, &Tile::stride); })
      .def_prop_ro("offset", [](const Tensor& t) { return t.tile.offset(); })
      .def_prop_ro("ndim", [](const Tensor& t) { return t.tile.rank(); })
      .def_prop_ro("size", [](const Tensor& t) { return t.tile.view().elements(); })
      .def_prop_ro(
          "dtype",
          [](const Tensor& t) { return nb::borrow(nb::handle(dtype_object(t.tile.view().dtype))); })
      .def_prop_ro("buffer",
                   [](const Tensor& t) {
                     return nb::borrow(nb::handle(buffer_object(t.storage->buffer())));
                   })
      .def_prop_ro("name",
                   [](const Tensor& t) {
                     const Program& program = t.storage->session().builder.program();
                     return nb::str(program.tensor(t.tile.view().tensor).name.c_str());
                   })
      .def_prop_ro("base_tensor",
                   [](nb::handle self) {
                     const Tensor& t = *as_tensor(self.ptr());
                     return t.viewed.is_valid() ? t.viewed : nb::borrow(self);
                   })
      .def("is_contiguous", [](const Tensor& t) { return t.tile.is_contiguous(); })
      .def("is_indirect", [](const Tensor& t) { return t.tile.indirect().has_value(); })
      .def("get_pattern", pattern_list)
      .def("as_comparison", as_comparison, "The same tensor, judged by its elements in an if.")
      .def("__repr__", [](const Tensor& t) { return nb::str(repr_text(t).c_str()); });
  bind_views(type);
  tensor_type = reinterpret_cast<PyTypeObject*>(type.ptr());
}

}  // namespace trainyard::python
