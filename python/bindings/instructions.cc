// SPDX-License-Identifier: Apache-2.0
// trainyard._core.isa: one builtin function for each entry of the instruction table.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/nearest.h"
#include "bindings/arguments.h"
#include "bindings/python_fault.h"
#include "isa/describe.h"
#include "isa/instructions/registers.h"

namespace trainyard::python {
namespace {

namespace nb = nanobind;

constexpr int kParametersMax = 40;
constexpr std::size_t kOperandBytesMax = 8192;

PyTypeObject* instruction_type = nullptr;

// One function: its parameters in order; then engine, where kernels name it, and name, which all
// but those of registers take.
struct Function {
  const Entry* entry = nullptr;
  std::vector<PyObject*> names;                         // interned
  std::vector<std::pair<PyObject*, int>> former_names;  // of earlier NKI releases
  int engine_index = -1;                                // -1: has none
  int name_index = -1;
  std::string name, doc;
  PyMethodDef method{};
};

// How a parameter was called in an earlier release.
struct FormerName {
  std::string_view instruction, now, before;
};
constexpr FormerName kFormerNames[] = {
    {"register_move", "src", "imm"},
};

// Lists the parameters of an instruction, and writes its signature.
class Signature final : public ParamVisitor {
 public:
  void tile(const Param& p, View&) override { add(p); }
  void tiles(const Param& p, ViewList&) override { add(p); }
  void scalar(const Param& p, ScalarOperand& v) override {
    add(p, v.kind == ScalarOperand::Kind::number ? fmt::format("{}", v.number) : "None");
  }
  void reg(const Param& p, RegisterOperand&) override { add(p); }
  void integer(const Param& p, std::int64_t& v) override { add(p, fmt::format("{}", v)); }
  void number(const Param& p, double& v) override { add(p, fmt::format("{}", v)); }
  void flag(const Param& p, bool& v) override { add(p, v ? "True" : "False"); }
  void integers(const Param& p, IntList&) override { add(p, "()"); }
  void numbers(const Param& p, NumberList&) override { add(p, "()"); }
  void pattern(const Param& p, AffinePattern&) override { add(p); }
  void choice_value(const Param& p, const Choices& choices, std::uint8_t& v) override {
    add(p, v < choices.count ? fmt::format("'{}'", choices.names[v]) : "None");
  }

  std::vector<std::string> names;
  std::string text;

 private:
  void add(const Param& p, const std::string& standard = "None") {
    names.emplace_back(p.name);
    text += (text.empty() ? "" : ", ") + names.back();
    if (p.need == Need::optional) text += "=" + standard;
  }
};

std::vector<std::unique_ptr<Function>>& functions() {
  static std::vector<std::unique_ptr<Function>> all;
  return all;
}

int index_of_keyword(const Function& f, PyObject* keyword) {
  for (std::size_t i = 0; i < f.names.size(); ++i) {
    if (f.names[i] == keyword) return static_cast<int>(i);
  }
  for (std::size_t i = 0; i < f.names.size(); ++i) {
    if (PyUnicode_Compare(f.names[i], keyword) == 0) return static_cast<int>(i);
  }
  for (const auto& [name, index] : f.former_names) {
    if (PyUnicode_Compare(name, keyword) == 0) return index;
  }
  return -1;
}

[[noreturn]] void unknown_keyword(const Function& f, PyObject* keyword) {
  std::vector<std::string> known;
  for (PyObject* name : f.names) known.emplace_back(nb::str(nb::handle(name)).c_str());
  const std::string given = text_of(keyword);
  const std::string nearest = nearest_name(given, known);
  throw Fault(FaultKind::program, fmt::format("has no parameter '{}'", given),
              nearest.empty() ? "it takes " + fmt::format("{}", fmt::join(known, ", "))
                              : fmt::format("did you mean {}?", nearest));
}

// Earlier releases had dma_compute(dst, srcs, scales, reduce_op) and affine_select(dst, pattern,
// offset, channel_multiplier, …); what was meant shows in the types.
void accept_former_order(const Function& f, PyObject** slots) {
  if (f.name == "dma_compute") {
    PyObject*& reduce_op = slots[2];
    PyObject*& scales = slots[3];
    if (reduce_op != nullptr && (PyList_Check(reduce_op) || PyTuple_Check(reduce_op))) {
      std::swap(reduce_op, scales);
    }
  } else if (f.name == "affine_select") {
    // dst, pattern, [offset,] channel_multiplier, on_true_tile, on_false_value, cmp_op, offset
    PyObject* third = slots[3];
    if (third != nullptr && PyIndex_Check(third) != 0 && slots[4] != nullptr &&
        as_tensor(slots[4]) != nullptr) {
      std::rotate(slots + 2, slots + 3, slots + 7);
    }
  }
}

void place_arguments(const Function& f, const SessionState& session, PyObject* const* arguments,
                     Py_ssize_t positional, PyObject* keywords, PyObject** slots) {
  const auto known = static_cast<Py_ssize_t>(f.names.size());
  if (positional > known) {
    throw Fault(FaultKind::program,
                fmt::format("takes at most {} arguments, {} were given", known, positional));
  }
  std::copy_n(arguments, positional, slots);
  const Py_ssize_t named = keywords == nullptr ? 0 : PyTuple_GET_SIZE(keywords);
  for (Py_ssize_t k = 0; k < named; ++k) {
    PyObject* keyword = PyTuple_GET_ITEM(keywords, k);
    const int index = index_of_keyword(f, keyword);
    if (index < 0) {
      if (session.ignore_unknown_keywords) continue;
      unknown_keyword(f, keyword);
    }
    if (slots[index] != nullptr) {
      Fault fault(FaultKind::program, "is given twice", "pass it once");
      fault.in({}, nb::str(nb::handle(f.names[static_cast<std::size_t>(index)])).c_str());
      throw fault;
    }
    slots[index] = arguments[positional + k];
  }
}

// Which registers hold values that came from memory.
void follow_register(SessionState& session, const Entry& entry, const void* operands) {
  static const Opcode kLoad = opcode_of<RegisterLoad>(), kMove = opcode_of<RegisterMove>();
  const auto mark = [&session](RegisterId reg, bool from_data) {
    if (session.register_from_data.size() <= reg) session.register_from_data.resize(reg + 1);
    session.register_from_data[reg] = from_data;
  };
  if (entry.opcode == kLoad) {
    mark(static_cast<const RegisterLoad*>(operands)->dst.reg, true);
  } else if (entry.opcode == kMove) {
    const auto* move = static_cast<const RegisterMove*>(operands);
    const RegisterId from = move->src.reg;
    mark(move->dst.reg, from != kNoRegister && from < session.register_from_data.size() &&
                            session.register_from_data[from]);
  }
}

PyObject* new_instruction(std::uint32_t index) {
  nb::object object = nb::inst_alloc(nb::handle(reinterpret_cast<PyObject*>(instruction_type)));
  new (nb::inst_ptr<Instruction>(object)) Instruction{SessionState::current_shared(), index};
  nb::inst_mark_ready(object);
  return object.release().ptr();
}

PyObject* call(PyObject* self, PyObject* const* arguments, Py_ssize_t positional,
               PyObject* keywords) {
  const auto& f = *static_cast<const Function*>(PyCapsule_GetPointer(self, nullptr));
  return guarded([&]() -> PyObject* {
    try {
      SessionState& session = SessionState::current();
      session.check_interrupt();
      session.mark_place();
      PyObject* slots[kParametersMax] = {};
      place_arguments(f, session, arguments, positional, keywords, slots);
      accept_former_order(f, slots);
      alignas(64) std::byte operands[kOperandBytesMax];
      f.entry->construct(operands);
      ArgumentVisitor visitor(session, slots);
      f.entry->visit(operands, visitor);
      Engine engine = Engine::unknown;
      PyObject* wanted = f.engine_index < 0 ? nullptr : slots[f.engine_index];
      if (wanted != nullptr && wanted != Py_None) {
        engine = static_cast<Engine>(choice_of(choices_of<Engine>(), wanted));
      }
      const std::uint32_t index = session.builder.record(*f.entry, operands, engine);
      follow_register(session, *f.entry, operands);
      PyObject* label = f.name_index < 0 ? nullptr : slots[f.name_index];
      if (session.keep_names && label != nullptr && label != Py_None) {
        session.named[text_of(label)].push_back(index);
      }
      return new_instruction(index);
    } catch (Fault& fault) {
      if (fault.instruction().empty()) fault.in(f.name);
      throw;
    }
  });
}

void add_function(nb::module_& module, const Entry& entry) {
  auto f = std::make_unique<Function>();
  f->entry = &entry;
  f->name = std::string(entry.info.name);
  alignas(64) std::byte operands[kOperandBytesMax];
  if (entry.operand_bytes > kOperandBytesMax) {
    throw Fault(FaultKind::internal, f->name + " has more operand bytes than a call holds");
  }
  entry.construct(operands);
  Signature signature;
  entry.visit(operands, signature);
  std::vector<std::string> names = signature.names;
  const auto add_common = [&](const char* name, const char* standard) {
    names.emplace_back(name);
    signature.text += fmt::format(", {}={}", name, standard);
    return static_cast<int>(names.size()) - 1;
  };
  if (names_engine(entry)) {
    f->engine_index = add_common("engine", "'unknown'");
  }
  if (takes_name(entry)) f->name_index = add_common("name", "None");
  for (const std::string& name : names) {
    f->names.push_back(PyUnicode_InternFromString(name.c_str()));
  }
  for (const FormerName& former : kFormerNames) {
    const auto at = std::find(names.begin(), names.end(), former.now);
    if (former.instruction != f->name || at == names.end()) continue;
    f->former_names.emplace_back(PyUnicode_InternFromString(std::string(former.before).c_str()),
                                 static_cast<int>(at - names.begin()));
  }
  f->doc = fmt::format("{}({})\n--\n\n{}\n\n    {}\n\nCost: {}\n", f->name, signature.text,
                       entry.info.summary, entry.info.formula, entry.info.cost);
  f->method = {f->name.c_str(), reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(&call)),
               METH_FASTCALL | METH_KEYWORDS, f->doc.c_str()};
  const nb::object self = nb::steal(PyCapsule_New(f.get(), nullptr, nullptr));
  const nb::object name = module.attr("__name__");
  module.attr(f->name.c_str()) = nb::steal(PyCFunction_NewEx(&f->method, self.ptr(), name.ptr()));
  functions().push_back(std::move(f));
}

// register_alloc(None | integer | register | one-element tile)
nb::object register_alloc(nb::handle value) {
  const std::shared_ptr<SessionState> session = SessionState::current_shared();
  session->mark_place();
  const RegisterId id = session->builder.new_register();
  nb::object reg = nb::steal(new_register(session, id));
  if (value.is_none()) return reg;  // registers start at 0
  if (Tensor* tensor = as_tensor(value.ptr())) {
    RegisterLoad load;
    load.dst.reg = id;
    load.src = operand_view(*session, *tensor);
    session->builder(load);
    follow_register(*session, entry(opcode_of<RegisterLoad>()), &load);
    return reg;
  }
  RegisterMove move;
  move.dst.reg = id;
  if (const Register* from = as_register(value.ptr())) {
    move.src.reg = from->id;
  } else {
    move.src.value = integer_of(value.ptr(), "the value of a register");
  }
  session->builder(move);
  follow_register(*session, entry(opcode_of<RegisterMove>()), &move);
  return reg;
}

nb::object depends_on(nb::handle self, const nb::args& producers) {
  const auto* consumer = nb::inst_ptr<Instruction>(self);
  for (nb::handle item : producers) {
    Instruction* producer = nullptr;
    if (!nb::try_cast<Instruction*>(item, producer) || producer->session != consumer->session) {
      throw Fault(FaultKind::program, "depends_on takes instructions of the same kernel call");
    }
    consumer->session->builder.depends_on(consumer->index, producer->index);
  }
  return nb::borrow(self);
}

}  // namespace

void bind_instructions(nb::module_& module) {
  nb::class_<Instruction> type(module, "Instruction");
  type.def(
      "__init__",
      [](nb::handle, nb::handle) {
        throw Fault(FaultKind::not_modelled, "an NkiInstruction has no handle to be made from",
                    "instructions return theirs");
      },
      nb::arg("handle") = nb::none());
  type.def("depends_on", depends_on).def_ro("index", &Instruction::index);
  instruction_type = reinterpret_cast<PyTypeObject*>(type.ptr());

  nb::module_ isa = module.def_submodule("isa", "The instructions, as nki.isa names them.");
  for (const Entry& entry : instruction_table()) add_function(isa, entry);
  isa.def("register_alloc", register_alloc, nb::arg("x") = nb::none());
}

}  // namespace trainyard::python
