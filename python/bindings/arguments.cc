// SPDX-License-Identifier: Apache-2.0
#include "bindings/arguments.h"

#include <fmt/format.h>

#include <string>

#include "base/fault.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

[[noreturn]] void refuse(const Param& param, std::string rule, std::string hint = {}) {
  Fault fault(FaultKind::program, std::move(rule), std::move(hint));
  fault.in({}, param.name);
  throw fault;
}

std::string kind_of(PyObject* object, bool number_wanted = false) {
  if (number_wanted && PyLong_Check(object)) return "one that large";
  if (as_register(object) != nullptr) return "a register";
  if (as_tensor(object) != nullptr) return "a tensor";
  return type_name(object);
}

// False if the object is no number.
bool read_number(PyObject* object, double& value) {
  if (PyFloat_CheckExact(object)) {
    value = PyFloat_AS_DOUBLE(object);
    return true;
  }
  if (as_tensor(object) != nullptr || as_register(object) != nullptr) return false;
  if (PyNumber_Check(object) == 0) return false;
  // Arrays convert too, if they have one element; they are no numbers of the kernel.
  if (!PyLong_Check(object) && PyObject_HasAttrString(object, "__len__") != 0) return false;
  const nb::object number = nb::steal(PyNumber_Float(object));
  if (!number.is_valid()) {
    PyErr_Clear();
    return false;
  }
  value = PyFloat_AS_DOUBLE(number.ptr());
  return true;
}

// Python ints, numpy ints, and floats without a fraction. False if the object is none of these.
bool read_integer(PyObject* object, std::int64_t& value) {
  if (PyLong_CheckExact(object)) {
    value = PyLong_AsLongLong(object);
    if (value != -1 || PyErr_Occurred() == nullptr) return true;
    PyErr_Clear();
    return false;
  }
  if (as_register(object) != nullptr || as_tensor(object) != nullptr) return false;
  if (PyIndex_Check(object) != 0) {
    const nb::object number = nb::steal(PyNumber_Index(object));
    if (number.is_valid() && PyLong_CheckExact(number.ptr())) {
      return read_integer(number.ptr(), value);
    }
    PyErr_Clear();
    return false;
  }
  double real = 0;
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (!read_number(object, real) || !(real >= -kExact && real <= kExact)) return false;
  value = static_cast<std::int64_t>(real);
  return static_cast<double>(value) == real;
}

// A list or tuple, or one item standing for itself.
struct Items {
  explicit Items(PyObject* object) {
    if (PyList_Check(object) || PyTuple_Check(object)) {
      sequence = object;
      count = PySequence_Fast_GET_SIZE(object);
    } else {
      single = object;
      count = 1;
    }
  }
  PyObject* operator[](Py_ssize_t i) const {
    return sequence != nullptr ? PySequence_Fast_GET_ITEM(sequence, i) : single;
  }
  PyObject* sequence = nullptr;
  PyObject* single = nullptr;
  Py_ssize_t count = 0;
};

View view_of(SessionState& session, const Param& param, PyObject* object) {
  Tensor* tensor = as_tensor(object);
  if (tensor == nullptr) {
    refuse(param, fmt::format("must be a tensor, not {}", kind_of(object)),
           "pass a tensor or a view of one");
  }
  try {
    return operand_view(session, *tensor);
  } catch (Fault& fault) {
    fault.in({}, param.name);
    throw;
  }
}

}  // namespace

PyObject* ArgumentVisitor::take(const Param& param) {
  PyObject* object = *next_++;
  if (object == nullptr && param.need != Need::optional) {
    refuse(param, "is missing", "pass it by position or by name");
  }
  return object;
}

void ArgumentVisitor::tile(const Param& param, View& view) {
  PyObject* object = take(param);
  if (object == nullptr || (object == Py_None && param.need != Need::required)) return;
  view = view_of(session_, param, object);
}

void ArgumentVisitor::tiles(const Param& param, ViewList& list) {
  PyObject* object = take(param);
  if (object == nullptr || object == Py_None) return;
  const Items items(object);
  if (items.count > ViewList::kCapacity) {
    refuse(param,
           fmt::format("{} tensors given, at most {} are taken", items.count, ViewList::kCapacity));
  }
  for (Py_ssize_t i = 0; i < items.count; ++i) {
    list.views[static_cast<std::size_t>(i)] = view_of(session_, param, items[i]);
  }
  list.size = static_cast<std::uint8_t>(items.count);
}

void ArgumentVisitor::scalar(const Param& param, ScalarOperand& operand) {
  PyObject* object = take(param);
  if (object == nullptr || object == Py_None) return;
  if (as_tensor(object) != nullptr) {
    operand = ScalarOperand::of(view_of(session_, param, object));
    return;
  }
  double value = 0;
  if (!read_number(object, value)) {
    refuse(param,
           fmt::format("must be a number or a (P, 1) tensor, not {}", kind_of(object, true)));
  }
  operand = ScalarOperand::of(static_cast<float>(value));
}

void ArgumentVisitor::reg(const Param& param, RegisterOperand& operand) {
  PyObject* object = take(param);
  if (object == nullptr) return;
  if (const Register* reg = as_register(object)) {
    if (reg->session.get() != &session_) {
      refuse(param, "the register belongs to another kernel call");
    }
    if (reg->frozen && param.touch != Touch::read) {
      refuse(param, "a loop variable cannot be written", "move it to a register of your own");
    }
    operand.reg = reg->id;
    return;
  }
  if (!read_integer(object, operand.value)) {
    refuse(param, fmt::format("must be a register or an integer, not {}", kind_of(object, true)));
  }
}

void ArgumentVisitor::integer(const Param& param, std::int64_t& value) {
  PyObject* object = take(param);
  if (object == nullptr || (object == Py_None && param.need != Need::required)) return;
  if (!read_integer(object, value)) {
    refuse(param, fmt::format("must be an integer, not {}", kind_of(object, true)));
  }
}

void ArgumentVisitor::number(const Param& param, double& value) {
  PyObject* object = take(param);
  if (object == nullptr || (object == Py_None && param.need != Need::required)) return;
  if (!read_number(object, value)) {
    refuse(param, fmt::format("must be a number, not {}", kind_of(object, true)));
  }
}

void ArgumentVisitor::flag(const Param& param, bool& value) {
  PyObject* object = take(param);
  if (object == nullptr || object == Py_None) return;
  const int truth = PyObject_IsTrue(object);
  if (truth < 0) {
    PyErr_Clear();
    refuse(param, fmt::format("must be True or False, not {}", kind_of(object)));
  }
  value = truth > 0;
}

void ArgumentVisitor::integers(const Param& param, IntList& list) {
  PyObject* object = take(param);
  if (object == nullptr || (object == Py_None && param.need != Need::required)) return;
  const nb::object sequence = PyObject_HasAttrString(object, "__len__") != 0
                                  ? nb::steal(PySequence_Tuple(object))
                                  : nb::borrow(object);
  if (!sequence.is_valid()) {
    PyErr_Clear();
    refuse(param, fmt::format("must be a list of integers, not {}", kind_of(object)));
  }
  const Items items(sequence.ptr());
  if (items.count > IntList::kCapacity) {
    refuse(param,
           fmt::format("{} integers given, at most {} are taken", items.count, IntList::kCapacity));
  }
  for (Py_ssize_t i = 0; i < items.count; ++i) {
    std::int64_t value = 0;
    if (!read_integer(items[i], value) || value < INT32_MIN || value > INT32_MAX) {
      refuse(param, fmt::format("must hold 32-bit integers, not {}", kind_of(items[i], true)));
    }
    list.values[static_cast<std::size_t>(i)] = static_cast<std::int32_t>(value);
  }
  list.size = static_cast<std::uint8_t>(items.count);
}

void ArgumentVisitor::numbers(const Param& param, NumberList& list) {
  PyObject* object = take(param);
  if (object == nullptr || (object == Py_None && param.need != Need::required)) return;
  const Items items(object);
  if (items.count > NumberList::kCapacity) {
    refuse(param, fmt::format("{} numbers given, at most {} are taken", items.count,
                              NumberList::kCapacity));
  }
  for (Py_ssize_t i = 0; i < items.count; ++i) {
    double value = 0;
    if (!read_number(items[i], value)) {
      refuse(param, fmt::format("must hold numbers, not {}", kind_of(items[i])));
    }
    list.values[static_cast<std::size_t>(i)] = static_cast<float>(value);
  }
  list.size = static_cast<std::uint8_t>(items.count);
}

void ArgumentVisitor::pattern(const Param& param, AffinePattern& pattern) {
  PyObject* object = take(param);
  if (object == nullptr || (object == Py_None && param.need != Need::required)) return;
  const Items items(object);
  if (items.sequence == nullptr || items.count < 1 ||
      items.count > static_cast<Py_ssize_t>(pattern.dims.size())) {
    refuse(param, fmt::format("must be a list of 1 to {} [step, count] pairs", pattern.dims.size()),
           "for example [[1, 512]]");
  }
  for (Py_ssize_t i = 0; i < items.count; ++i) {
    const Items pair(items[i]);
    std::int64_t step = 0, count = 0;
    if (pair.count != 2 || !read_integer(pair[0], step) || !read_integer(pair[1], count) ||
        count < 1 || count > INT32_MAX || step < INT32_MIN || step > INT32_MAX) {
      refuse(param, fmt::format("pair {} must be [step, count] with a count of at least 1", i),
             "for example [[1, 512]]");
    }
    pattern.dims[static_cast<std::size_t>(i)] = {static_cast<std::int32_t>(step),
                                                 static_cast<std::int32_t>(count)};
  }
  pattern.rank = static_cast<std::uint8_t>(items.count);
}

void ArgumentVisitor::choice_value(const Param& param, const Choices& choices,
                                   std::uint8_t& value) {
  PyObject* object = take(param);
  if (object == nullptr || (object == Py_None && param.need != Need::required)) return;
  try {
    value = choice_of(choices, object);
  } catch (Fault& fault) {
    fault.in({}, param.name);
    throw;
  }
}

}  // namespace trainyard::python
