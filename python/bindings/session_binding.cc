// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <nanobind/stl/shared_ptr.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstring>

#include "bindings/python_fault.h"
#include "bindings/session.h"
#include "bindings/tensor_values.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

using SessionPtr = std::shared_ptr<SessionState>;

struct Session {
  SessionPtr state;
};

std::shared_ptr<const Machine> machine_of(nb::handle object) {
  if (PyUnicode_Check(object.ptr())) {
    return std::make_shared<const Machine>(load_machine(text_of(object)));
  }
  return nb::cast<std::shared_ptr<Machine>>(object);
}

void create_session(Session* self, nb::handle machine, nb::handle numerics, bool precise_fp,
                    nb::handle mx_scale, nb::handle kernel, std::shared_ptr<World> world, int rank,
                    int number) {
  CoreOptions options;
  const auto pick = [](const std::string& what, const std::string& value, const char* first,
                       const char* second) {
    if (value != first && value != second) {
      throw Fault(FaultKind::usage, fmt::format("'{}' is no {}", value, what),
                  fmt::format("{} or {}", first, second));
    }
    return value == second;
  };
  options.numerics = pick("numerics", text_of(numerics), "exact", "fast") ? NumericsMode::fast
                                                                          : NumericsMode::exact;
  options.mx_scale = pick("MX scale rule", text_of(mx_scale), "documented", "ocp")
                         ? mx::ScaleRule::ocp
                         : mx::ScaleRule::documented;
  options.precise_fp = precise_fp;
  new (self) Session{std::make_shared<SessionState>(machine_of(machine), options, text_of(kernel),
                                                    std::move(world), rank, number)};
}

nb::object tensor_object(const SessionPtr& session, const View& view, Buffer buffer) {
  const TensorInfo& info = session->builder.program().tensor(view.tensor);
  return nb::steal(new_tensor(
      {Tile(view, info), StorageRef(new Storage(session, view, buffer)), StorageRef(), {}}));
}

std::string name_of(nb::handle name) {
  return name.is_none() ? std::string() : text_of(name);
}

// Of shapes larger than every memory a number that can still be multiplied.
std::int64_t elements_of(const Shape& shape) {
  constexpr std::int64_t kFar = std::int64_t{1} << 56;
  std::int64_t n = 1;
  for (const std::int64_t size : shape) {
    if (size < 0 || __builtin_mul_overflow(n, size, &n) || n > kFar) return kFar;
  }
  return n;
}

// The bytes of a kernel input: an address, or a C-contiguous writable buffer that stays held.
Input input_bytes(nb::handle array, std::int64_t bytes) {
  Input input;
  if (PyLong_Check(array.ptr())) {
    input.data = reinterpret_cast<std::byte*>(PyLong_AsVoidPtr(array.ptr()));
    return input;
  }
  Py_buffer& buffer = input.buffer;
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
  input.data = static_cast<std::byte*>(buffer.buf);
  return input;
}

// Without `buffer` it lies where the launch leaves a kernel's arguments.
nb::object add_input(const Session& self, nb::handle array, nb::handle shape, nb::handle dtype,
                     nb::handle name, bool written, nb::handle buffer) {
  SessionState& session = *self.state;
  session.mark_place();
  const DType type = dtype_of(dtype.ptr());
  const Shape sizes = shape_of(shape.ptr(), "shape");
  Input input =
      input_bytes(array, elements_of(sizes) * static_cast<std::int64_t>(dtype_bytes(type)));
  session.inputs.push_back(input);  // before what can throw, so that it is let go of
  const View view = session.builder.input(sizes, type, input.data, name_of(name), written);
  session.inputs.back().tensor = view.tensor;
  const Buffer given = session.core.has_twin() ? Buffer::shared_hbm : Buffer::private_hbm;
  return tensor_object(self.state, view, buffer.is_none() ? given : buffer_of(buffer.ptr()));
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

// Owns a tensor's bytes on behalf of arrays.
nb::object owner_of(std::shared_ptr<std::byte> bytes) {
  using Owned = std::shared_ptr<std::byte>;
  return nb::capsule(new Owned(std::move(bytes)),
                     [](void* owned) noexcept { delete static_cast<Owned*>(owned); });
}

// The core's own bytes without a copy. They are the array's from now on: a replay uses others.
nb::object hbm_array(nb::handle self, nb::handle object) {
  const Tensor& tensor = tensor_argument(object);
  tensor.tile.check_used();
  SessionState& session = *nb::inst_ptr<Session>(self)->state;
  const View& view = tensor.tile.view();
  if (view.space != Space::hbm || tensor.tile.indirect()) {
    throw Fault(FaultKind::program, "only HBM tensors are arrays outside of the core",
                "copy it to HBM with dma_copy, or use read()");
  }
  TensorInfo& info = session.builder.program().tensor(view.tensor);
  std::byte* data = session.core.data(view.tensor) + view.offset_bytes;
  const nb::module_ numpy = nb::module_::import_("numpy");
  const std::size_t bytes = dtype_bytes(view.dtype);
  nb::list shape, strides;
  for (int d = 0; d < view.rank; ++d) {
    const std::int64_t step = view.dims[d].step * static_cast<std::int64_t>(bytes);
    shape.append(view.dims[d].count);
    strides.append(step);
  }
  const nb::object holder = nb::module_::import_("types").attr("SimpleNamespace")();
  if (info.role != TensorRole::input) {
    holder.attr("bytes") = owner_of(session.core.share(view.tensor));
    info.role = TensorRole::output;  // what is looked at from outside must outlive a replay
  }
  nb::dict interface;
  interface["version"] = 3;
  interface["shape"] = nb::tuple(shape);
  interface["strides"] = nb::tuple(strides);
  interface["typestr"] = fmt::format("{}u{}", bytes == 1 ? "|" : "<", bytes).c_str();
  interface["data"] = nb::make_tuple(reinterpret_cast<std::uintptr_t>(data), false);
  holder.attr("__array_interface__") = interface;
  // An input may change with its owner; a result may not.
  return info.role == TensorRole::input ? numpy.attr("array")(holder)
                                        : numpy.attr("asarray")(holder);
}

// (bytes, shape, dtype) of what the view holds now, row-major.
nb::object read_tensor(const Session&, nb::handle object) {
  Tensor& tensor = const_cast<Tensor&>(tensor_argument(object));
  const View& view = tensor.tile.view();
  const std::size_t bytes = dtype_bytes(view.dtype);
  const std::vector<std::uint32_t> bits = element_bits(tensor);
  const std::size_t elements = bits.size();
  nb::object data =
      nb::steal(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(elements * bytes)));
  char* out = PyBytes_AS_STRING(data.ptr());
  for (std::size_t i = 0; i < elements; ++i) std::memcpy(out + i * bytes, &bits[i], bytes);
  return nb::make_tuple(
      data, object.attr("shape"),
      nb::str(dtype_info(view.dtype).name.data(), dtype_info(view.dtype).name.size()));
}

// New arrays, or addresses, for the first inputs in the order they were added; the others, such as
// constants of the kernel, stay.
void prepare_replay(SessionState& session, nb::handle arrays) {
  const Program& program = session.builder.program();
  session.started = std::chrono::steady_clock::now();
  if (!session.replay) session.replay = std::make_unique<Replay>(program, session.core);
  std::size_t i = 0;
  for (nb::handle array : nb::iter(arrays)) {
    if (i == session.inputs.size()) {
      throw Fault(FaultKind::program,
                  fmt::format("more arrays given than the {} inputs of the kernel", i));
    }
    Input& input = session.inputs[i++];
    Input next = input_bytes(array, program.tensor(input.tensor).partition_bytes);
    next.tensor = input.tensor;
    std::swap(input, next);
    PyBuffer_Release(&next.buffer);
  }
  for (const Input& input : session.inputs) session.replay->rebind(input.tensor, input.data);
}

// Of a core, or of the cores of a logical one together.
void replay(const std::vector<Session>& sessions, nb::handle arrays) {
  std::vector<Replay*> replays;
  for (const Session& session : sessions) {
    prepare_replay(*session.state, arrays);
    replays.push_back(session.state->replay.get());
  }
  World* world = sessions.front().state->core.world();
  if (world == nullptr) {
    replays.front()->run();
  } else {
    run_together(replays, *world->logical(0));
  }
}

nb::object finish(const std::vector<Session>& sessions, const std::vector<std::string>& without) {
  std::vector<SessionPtr> states;
  for (const Session& session : sessions) states.push_back(session.state);
  return finish_sessions(std::move(states), without);
}

// Lets go of the arrays of a call that has ended: its Program may be kept for long.
void drop_inputs(const Session& self, std::size_t count) {
  SessionState& session = *self.state;
  for (std::size_t i = 0; i < std::min(count, session.inputs.size()); ++i) {
    Input& input = session.inputs[i];
    session.core.release(input.tensor);
    PyBuffer_Release(&input.buffer);
    input.data = nullptr;
  }
}

// (number, count) among the cores of its rank, and among the ranks.
nb::object place_of(const MessageBoard::Seat* seat) {
  return seat == nullptr ? nb::make_tuple(0, 1) : nb::make_tuple(seat->self(), seat->count());
}
// Whom its running instruction waits for: ("core" or "rank", number), or None.
nb::object waits_for(const SessionState& session) {
  const MessageBoard::Seat* core = session.core.core_seat();
  const MessageBoard::Seat* rank = session.core.rank_seat();
  if (core != nullptr && core->waits_for() >= 0) return nb::make_tuple("core", core->waits_for());
  if (rank != nullptr && rank->waits_for() >= 0) return nb::make_tuple("rank", rank->waits_for());
  return nb::none();
}
std::int64_t add_rank_group(SessionState& session, std::vector<std::int32_t> group) {
  auto& groups = session.builder.program().rank_groups;
  const auto known = std::find(groups.begin(), groups.end(), group);
  if (known != groups.end()) return known - groups.begin();
  groups.push_back(std::move(group));
  return static_cast<std::int64_t>(groups.size()) - 1;
}

void bind_schedule(nb::class_<Session>& type) {
  type.def_prop_rw(
          "keep_names", [](const Session& s) { return s.state->keep_names; },
          [](const Session& s, bool on) { s.state->keep_names = on; })
      .def_prop_ro("named",
                   [](const Session& s) {
                     nb::dict all;
                     for (const auto& [name, indices] : s.state->named) {
                       nb::list list;
                       for (const std::uint32_t index : indices) list.append(index);
                       all[name.c_str()] = list;
                     }
                     return all;
                   })
      .def(
          "depends_on",
          [](const Session& s, std::uint32_t consumer, std::uint32_t producer) {
            s.state->builder.depends_on(consumer, producer);
          },
          nb::arg("consumer"), nb::arg("producer"));
}

}  // namespace

void bind_session(nb::module_& module) {
  nb::class_<Session> type(module, "Session");
  bind_schedule(type);
  type.def("__init__", create_session, nb::arg("machine"), nb::kw_only(),
           nb::arg("numerics") = "exact", nb::arg("precise_fp") = true,
           nb::arg("mx_scale") = "documented", nb::arg("kernel") = "",
           nb::arg("world").none() = nb::none(), nb::arg("rank") = 0, nb::arg("core") = 0)
      .def("input", add_input, nb::arg("array"), nb::arg("shape"), nb::arg("dtype"),
           nb::arg("name") = nb::none(), nb::arg("written") = true, nb::arg("buffer") = nb::none())
      .def("ndarray", add_tensor, nb::arg("shape").none(), nb::arg("dtype").none(),
           nb::arg("buffer").none() = "sbuf", nb::arg("name") = nb::none(),
           nb::arg("address") = nb::none())
      .def("any_written",
           [](const Session& s, nb::handle t) {
             return s.state->core.written(tensor_argument(t).tile.view()) !=
                    CoreState::Written::none;
           })
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
      .def_prop_rw(
          "always_trace", [](const Session& s) { return s.state->always_trace; },
          [](const Session& s, bool on) { s.state->always_trace = on; })
      .def("use_earlier_language",
           [](const Session& s) { s.state->builder.program().earlier_language = true; })
      // A replay of the recorded Program does what tracing the kernel again would do.
      .def_prop_ro("replayable",
                   [](const Session& s) {
                     return !s.state->builder.program().data_dependent && !s.state->always_trace;
                   })
      .def_prop_ro("instructions",
                   [](const Session& s) { return s.state->builder.program().stream.size(); })
      .def_prop_ro("place",
                   [](const Session& s) {
                     const SourcePlace& at =
                         s.state->builder.program().sources.place(s.state->places.current());
                     return nb::make_tuple(at.file, at.line);
                   })
      .def_prop_ro("last_place",
                   [](const Session& s) {
                     const SourcePlace& at =
                         s.state->builder.program().sources.place(s.state->builder.place());
                     return nb::make_tuple(at.file, at.line);
                   })
      .def("array", hbm_array, nb::arg("tensor"))
      .def("read", read_tensor, nb::arg("tensor"))
      .def("drop_inputs", drop_inputs, nb::arg("count"))
      .def_prop_ro("core_place",
                   [](const Session& s) { return place_of(s.state->core.core_seat()); })
      .def_prop_ro("rank_place",
                   [](const Session& s) { return place_of(s.state->core.rank_seat()); })
      .def(
          "rank_group",
          [](const Session& s, std::vector<std::int32_t> group) {
            return add_rank_group(*s.state, std::move(group));
          },
          nb::arg("ranks"))
      .def(
          "on_turn", [](const Session& s, nb::object call) { s.state->on_turn(std::move(call)); },
          nb::arg("let_others_run").none())
      .def_prop_ro("waits_for", [](const Session& s) { return waits_for(*s.state); });
  nb::class_<World>(module, "World")
      .def(nb::init<int, int>(), nb::arg("ranks"), nb::arg("cores_each"));
  module.def("replay", replay, nb::arg("sessions"), nb::arg("inputs"));
  module.def("finish", finish, nb::arg("sessions"), nb::arg("without") = nb::list());
  module.def("current_session_or_none", []() -> nb::object {
    if (SessionState::current_or_null() == nullptr) return nb::none();
    return nb::cast(Session{SessionState::current_shared()});
  });
}

}  // namespace trainyard::python
