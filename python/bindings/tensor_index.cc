// SPDX-License-Identifier: Apache-2.0
#include "bindings/tensor_index.h"

#include <fmt/format.h>

#include "bindings/python_fault.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

constexpr int kItemsMax = 2 * kMaxRank;

std::int64_t slice_end(PyObject* end) {
  return end == Py_None ? IndexItem::kOpen : integer_of(end, "a slice");
}

// slice(register, register + n) cannot be written; nl.ds(register, n) is.
IndexItem item_of(PyObject* key, RegisterId& reg) {
  IndexItem item;
  if (PyLong_CheckExact(key)) {
    item.kind = IndexItem::Kind::index;
    item.start = integer_of(key, "an index");
    return item;
  }
  if (PySlice_Check(key)) {
    const auto* slice = reinterpret_cast<PySliceObject*>(key);
    item.start = slice_end(slice->start);
    item.stop = slice_end(slice->stop);
    item.step = slice->step == Py_None ? 1 : integer_of(slice->step, "a slice");
    return item;
  }
  if (key == Py_Ellipsis) {
    item.kind = IndexItem::Kind::ellipsis;
    return item;
  }
  if (key == Py_None) {
    item.kind = IndexItem::Kind::new_axis;
    return item;
  }
  if (const Register* index = as_register(key)) {
    item.kind = IndexItem::Kind::reg_index;
    item.reg = reg = index->id;
    return item;
  }
  DynamicSlice* dynamic = nullptr;
  if (nb::try_cast<DynamicSlice*>(nb::handle(key), dynamic)) {
    if (const Register* start = as_register(dynamic->start.ptr())) {
      item.kind = IndexItem::Kind::reg_slice;
      item.reg = reg = start->id;
      item.stop = dynamic->size;
    } else {
      item.start = integer_of(dynamic->start.ptr(), "nl.ds");
      if (__builtin_add_overflow(item.start, dynamic->size, &item.stop)) item.stop = INT64_MAX;
    }
    return item;
  }
  item.kind = IndexItem::Kind::index;
  item.start = integer_of(key, "an index");
  return item;
}

}  // namespace

PyObject* tensor_subscript(PyObject* self, PyObject* key) {
  return guarded([&]() -> PyObject* {
    const Tensor& tensor = *as_tensor(self);
    IndexItem items[kItemsMax];
    int count = 0;
    RegisterId reg = kNoRegister;
    if (PyTuple_Check(key)) {
      const Py_ssize_t size = PyTuple_GET_SIZE(key);
      if (size > kItemsMax) {
        throw Fault(FaultKind::program, fmt::format("{} indices for a tensor of {} dimensions",
                                                    size, tensor.tile.rank()));
      }
      for (; count < size; ++count) items[count] = item_of(PyTuple_GET_ITEM(key, count), reg);
    } else {
      items[count++] = item_of(key, reg);
    }
    return new_tensor(tensor.with(tensor.tile.at(items, count)));
  });
}

}  // namespace trainyard::python
