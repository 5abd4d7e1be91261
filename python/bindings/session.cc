// SPDX-License-Identifier: Apache-2.0
#include "bindings/session.h"

#include <algorithm>

#include "bindings/python_fault.h"

namespace trainyard::python {
namespace {

thread_local std::vector<std::shared_ptr<SessionState>> stack;

constexpr std::size_t kNestingMax = 64;

}  // namespace

SessionState::SessionState(std::shared_ptr<const Machine> on, const CoreOptions& options,
                           std::string kernel, std::shared_ptr<World> world, int rank, int number)
    : machine(std::move(on)),
      core(world ? NeuronCore(*machine, options, std::move(world), rank, number)
                 : NeuronCore(*machine, options)),
      builder(*machine, core, core),
      places(builder.program().sources) {
  builder.program().name = std::move(kernel);
}

SessionState::~SessionState() {
  // At the exit of a process that left a kernel running, Python is gone first.
  if (Py_IsInitialized() == 0) return;
  for (Input& input : inputs) PyBuffer_Release(&input.buffer);
}

SessionState* SessionState::current_or_null() {
  return stack.empty() ? nullptr : stack.back().get();
}

std::shared_ptr<SessionState> SessionState::current_shared() {
  current();
  return stack.back();
}

SessionState& SessionState::current() {
  if (stack.empty()) {
    throw Fault(FaultKind::program, "an instruction needs a running kernel",
                "call it inside a function with @nki.jit");
  }
  if (stack.back()->finished) {
    throw Fault(FaultKind::program, "the kernel has ended", "run instructions inside the kernel");
  }
  return *stack.back();
}

void SessionState::enter(std::shared_ptr<SessionState> session) {
  if (stack.size() >= kNestingMax) {
    throw Fault(FaultKind::program, "kernels are nested too deeply", "end one before the next");
  }
  stack.push_back(std::move(session));
}

void SessionState::exit(const SessionState* session) {
  const auto at = std::find_if(stack.rbegin(), stack.rend(),
                               [session](const auto& s) { return s.get() == session; });
  if (at != stack.rend()) stack.erase(std::next(at).base(), stack.end());
}

void SessionState::on_turn(nanobind::object let_others_run) {
  if (let_others_run.is_none()) {
    core.on_turn({});
    return;
  }
  core.on_turn([call = std::move(let_others_run)] {
    std::vector<std::shared_ptr<SessionState>> mine;
    mine.swap(stack);
    PyObject* result = PyObject_CallNoArgs(call.ptr());
    mine.swap(stack);
    if (result == nullptr) throw PythonError();
    Py_DECREF(result);
  });
}

void SessionState::check_interrupt() {
  constexpr std::uint32_t kEvery = 1024;
  if (++calls % kEvery == 0 && PyErr_CheckSignals() != 0) throw PythonError();
}

void Storage::release() {
  if (session_->finished || !on_chip(whole_.space)) return;
  session_->builder.release(whole_);
}

std::int64_t Register::value() const {
  if (id < session->register_from_data.size() && session->register_from_data[id]) {
    session->builder.program().data_dependent = true;
  }
  return session->core.register_value(id);
}

}  // namespace trainyard::python
