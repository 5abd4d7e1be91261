// SPDX-License-Identifier: Apache-2.0
// The packed x4 formats as NumPy element types of their own (nki-surface.md 4.1): arrays of them
// print and compare their type by its name, view as uint32 or uint16, copy and compare by bits.
// NumPy's way for types from outside: a scalar type, and a descriptor registered for it.
#include "bindings/packed_dtypes.h"

#define NPY_NO_DEPRECATED_API NPY_1_7_API_VERSION
#define NPY_TARGET_VERSION NPY_1_22_API_VERSION
#include <numpy/arrayobject.h>
#include <numpy/ufuncobject.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace trainyard::python {
namespace {

namespace nb = nanobind;

template <class Word>
struct Scalar {
  PyObject_HEAD Word bits;
};

template <class Word>
struct Packed {
  static inline PyTypeObject* types[3] = {};  // those of this width

  static bool is_one(PyObject* object) {
    return std::any_of(std::begin(types), std::end(types), [object](PyTypeObject* type) {
      return type != nullptr && PyObject_TypeCheck(object, type);
    });
  }
  static Word bits_of(PyObject* object) { return reinterpret_cast<Scalar<Word>*>(object)->bits; }

  template <int kSlot>
  static PyObject* getitem(void* data, void*) {
    PyTypeObject* type = types[kSlot];
    PyObject* object = type->tp_alloc(type, 0);
    if (object != nullptr)
      std::memcpy(&reinterpret_cast<Scalar<Word>*>(object)->bits, data, sizeof(Word));
    return object;
  }
  static int setitem(PyObject* object, void* data, void*) {
    Word bits;
    if (is_one(object)) {
      bits = bits_of(object);
    } else {
      const nb::object index = nb::steal(PyNumber_Index(object));
      if (!index.is_valid()) return -1;
      const unsigned long value = PyLong_AsUnsignedLong(index.ptr());
      if (value == static_cast<unsigned long>(-1) && PyErr_Occurred() != nullptr) return -1;
      bits = static_cast<Word>(value);
    }
    std::memcpy(data, &bits, sizeof(Word));
    return 0;
  }
  static void copyswap(void* to, void* from, int swap, void*) {
    if (from != nullptr) std::memcpy(to, from, sizeof(Word));
    auto* bytes = static_cast<unsigned char*>(to);
    if (swap != 0) std::reverse(bytes, bytes + sizeof(Word));
  }
  static void copyswapn(void* to, npy_intp to_step, void* from, npy_intp from_step, npy_intp n,
                        int swap, void*) {
    auto* out = static_cast<char*>(to);
    auto* in = static_cast<char*>(from);
    for (npy_intp i = 0; i < n; ++i) {
      copyswap(out + i * to_step, in == nullptr ? nullptr : in + i * from_step, swap, nullptr);
    }
  }
  static npy_bool nonzero(void* data, void*) {
    Word bits;
    std::memcpy(&bits, data, sizeof(Word));
    return bits != 0 ? NPY_TRUE : NPY_FALSE;
  }
  template <bool kEqual>
  static void compare(char** data, const npy_intp* count, const npy_intp* steps, void*) {
    for (npy_intp i = 0; i < *count; ++i) {
      const bool same =
          std::memcmp(data[0] + i * steps[0], data[1] + i * steps[1], sizeof(Word)) == 0;
      *reinterpret_cast<npy_bool*>(data[2] + i * steps[2]) = same == kEqual ? NPY_TRUE : NPY_FALSE;
    }
  }

  // Integers are bits, as in np.full(shape, 0, dtype).
  template <class Integer>
  static void from_integers(void* from, void* to, npy_intp n, void*, void*) {
    const auto* in = static_cast<const Integer*>(from);
    auto* out = static_cast<Word*>(to);
    for (npy_intp i = 0; i < n; ++i) out[i] = static_cast<Word>(in[i]);
  }

  static PyObject* integer(PyObject* self) { return PyLong_FromUnsignedLong(bits_of(self)); }
  static PyObject* text(PyObject* self) {
    return PyUnicode_FromFormat("%s(0x%x)", Py_TYPE(self)->tp_name, bits_of(self));
  }
};

PyObject* no_scalars(PyTypeObject* type, PyObject*, PyObject*) {
  PyErr_Format(PyExc_TypeError, "four packed elements have no value of their own: make %s arrays",
               type->tp_name);
  return nullptr;
}

void compare_loops(int type, PyUFuncGenericFunction equal, PyUFuncGenericFunction not_equal) {
  const nb::module_ numpy = nb::module_::import_("numpy");
  int types[] = {type, type, NPY_BOOL};
  for (const auto& [name, loop] : {std::pair{"equal", equal}, {"not_equal", not_equal}}) {
    auto* ufunc = reinterpret_cast<PyUFuncObject*>(nb::object(numpy.attr(name)).ptr());
    if (PyUFunc_RegisterLoopForType(ufunc, type, loop, types, nullptr) < 0)
      throw nb::python_error();
  }
}

template <class Word, int kSlot>
nb::object add(nb::module_& module, const char* name) {
  using Of = Packed<Word>;
  PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(&no_scalars)},
                         {Py_tp_repr, reinterpret_cast<void*>(&Of::text)},
                         {Py_tp_str, reinterpret_cast<void*>(&Of::text)},
                         {Py_nb_index, reinterpret_cast<void*>(&Of::integer)},
                         {Py_nb_int, reinterpret_cast<void*>(&Of::integer)},
                         {0, nullptr}};
  PyType_Spec spec = {name, sizeof(Scalar<Word>), 0, Py_TPFLAGS_DEFAULT, slots};
  const nb::object bases =
      nb::make_tuple(nb::handle(reinterpret_cast<PyObject*>(&PyGenericArrType_Type)));
  PyObject* made = PyType_FromSpecWithBases(&spec, bases.ptr());
  if (made == nullptr) throw nb::python_error();
  auto* type = reinterpret_cast<PyTypeObject*>(made);
  Of::types[kSlot] = type;

  static PyArray_ArrFuncs functions;
  PyArray_InitArrFuncs(&functions);
  functions.getitem = reinterpret_cast<PyArray_GetItemFunc*>(&Of::template getitem<kSlot>);
  functions.setitem = reinterpret_cast<PyArray_SetItemFunc*>(&Of::setitem);
  functions.copyswap = reinterpret_cast<PyArray_CopySwapFunc*>(&Of::copyswap);
  functions.copyswapn = reinterpret_cast<PyArray_CopySwapNFunc*>(&Of::copyswapn);
  functions.nonzero = reinterpret_cast<PyArray_NonzeroFunc*>(&Of::nonzero);

  static PyArray_DescrProto descriptor;
  descriptor = {};
  Py_SET_REFCNT(reinterpret_cast<PyObject*>(&descriptor), 1);
  Py_SET_TYPE(reinterpret_cast<PyObject*>(&descriptor), &PyArrayDescr_Type);
  descriptor.typeobj = type;
  descriptor.kind = 'V';
  descriptor.type = 'V';
  descriptor.byteorder = '=';
  descriptor.flags = NPY_USE_GETITEM | NPY_USE_SETITEM;
  descriptor.elsize = sizeof(Word);
  descriptor.alignment = alignof(Word);
  descriptor.f = &functions;
  descriptor.hash = -1;
  const int number = PyArray_RegisterDataType(&descriptor);
  if (number < 0) throw nb::python_error();
  for (const auto& [from, cast] : {std::pair{NPY_LONG, &Of::template from_integers<npy_long>},
                                   {NPY_UINT32, &Of::template from_integers<npy_uint32>},
                                   {NPY_UINT16, &Of::template from_integers<npy_uint16>}}) {
    PyArray_Descr* integers = PyArray_DescrFromType(from);
    if (PyArray_RegisterCastFunc(integers, number, cast) < 0) throw nb::python_error();
    Py_DECREF(integers);
  }
  compare_loops(number, &Of::template compare<true>, &Of::template compare<false>);
  nb::object dtype = nb::steal(reinterpret_cast<PyObject*>(PyArray_DescrFromType(number)));
  nb::handle(made).attr("dtype") = dtype;
  module.attr(nb::handle(made).attr("__name__")) = nb::handle(made);
  return dtype;
}

int import_numpy() {
  import_array1(-1);
  import_umath1(-1);
  return 0;
}

}  // namespace

void bind_packed_dtypes(nb::module_& module) {
  if (import_numpy() < 0) throw nb::python_error();
  nb::dict all;
  all["float8_e4m3fn_x4"] = add<std::uint32_t, 0>(module, "trainyard._core.float8_e4m3fn_x4");
  all["float8_e5m2_x4"] = add<std::uint32_t, 1>(module, "trainyard._core.float8_e5m2_x4");
  all["float4_e2m1fn_x4"] = add<std::uint16_t, 2>(module, "trainyard._core.float4_e2m1fn_x4");
  module.attr("packed_dtypes") = all;
}

}  // namespace trainyard::python
