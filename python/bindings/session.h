// SPDX-License-Identifier: Apache-2.0
// One call of a kernel: the machine, its core, the Program being recorded and what Python holds of
// it. Sessions nest; the innermost is current for its thread.
#pragma once

#include <nanobind/nanobind.h>

#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "bindings/named_values.h"
#include "bindings/source_places.h"
#include "core/neuron_core.h"
#include "core/replay.h"
#include "explain/explanation.h"
#include "program/builder.h"
#include "report/logical_run.h"

namespace trainyard::python {

// The caller's bytes of one kernel input, held if they came as a buffer.
struct Input {
  TensorId tensor = kNoTensor;
  std::byte* data = nullptr;
  Py_buffer buffer{};
};

struct SessionState {
  // Core `number` of rank `rank` of `world`, or of none: a core alone.
  SessionState(std::shared_ptr<const Machine> on, const CoreOptions& options, std::string kernel,
               std::shared_ptr<World> world, int rank, int number);
  ~SessionState();

  static SessionState& current();  // throws Fault outside of a kernel
  static SessionState* current_or_null();
  static void enter(std::shared_ptr<SessionState> session);
  static void exit(const SessionState* session);
  static std::shared_ptr<SessionState> current_shared();

  // Before anything is recorded: the kernel line.
  void mark_place() { builder.set_place(places.current()); }
  // While `let_others_run` runs, this session is not current.
  void on_turn(nanobind::object let_others_run);
  // The tensors made since there were `first` are those of a loop's body, which has ended.
  void leave_loop(TensorId first);
  bool out_of_scope(TensorId tensor) const;
  // Every 1024th call looks for Ctrl-C.
  void check_interrupt();

  std::shared_ptr<const Machine> machine;
  NeuronCore core;
  Builder builder;
  SourcePlaces places;
  std::vector<bool> register_from_data;  // by RegisterId: set from memory, not from constants
  std::vector<Input> inputs;
  std::vector<std::pair<TensorId, TensorId>> left;  // tensors of loops that ended, [from, to)
  std::unique_ptr<Replay> replay;
  // Of the trace, by the first session; a replay has its time and its joules.
  std::shared_ptr<LogicalRun> run;
  std::shared_ptr<const Explanation> why;  // the first time that its JSON is asked for
  // Instructions by their name=, kept where a schedule will name them.
  std::unordered_map<std::string, std::vector<std::uint32_t>> named;
  bool keep_names = false;
  bool always_trace = false;  // the kernel did something that a replay would not
  bool ignore_unknown_keywords = false;
  bool fixed_order = false;
  bool finished = false;
  std::uint32_t calls = 0;
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
};

// The bytes of one tensor, shared by its views. When the last one goes, an on-chip tensor's memory
// is free for others. Guarded by the GIL.
class Storage {
 public:
  Storage(std::shared_ptr<SessionState> session, const View& whole, Buffer buffer)
      : session_(std::move(session)), whole_(whole), buffer_(buffer) {}

  void acquire() { ++references_; }
  void drop() {
    if (--references_ == 0) {
      release();
      delete this;
    }
  }
  SessionState& session() const { return *session_; }
  const std::shared_ptr<SessionState>& session_shared() const { return session_; }
  Buffer buffer() const { return buffer_; }
  TensorId id() const { return whole_.tensor; }

 private:
  void release();

  std::shared_ptr<SessionState> session_;
  View whole_;
  Buffer buffer_;
  std::uint32_t references_ = 0;
};

class StorageRef {
 public:
  StorageRef() = default;
  explicit StorageRef(Storage* storage) : storage_(storage) {
    if (storage_ != nullptr) storage_->acquire();
  }
  StorageRef(const StorageRef& other) : StorageRef(other.storage_) {}
  StorageRef(StorageRef&& other) noexcept : storage_(other.storage_) { other.storage_ = nullptr; }
  StorageRef& operator=(StorageRef other) noexcept {
    std::swap(storage_, other.storage_);
    return *this;
  }
  ~StorageRef() {
    if (storage_ != nullptr) storage_->drop();
  }
  Storage* operator->() const { return storage_; }
  Storage* get() const { return storage_; }

 private:
  Storage* storage_ = nullptr;
};

struct Register {
  std::shared_ptr<SessionState> session;
  RegisterId id = kNoRegister;
  bool frozen = false;  // a loop variable: read only

  std::int64_t value() const;  // makes the Program depend on data if the value does
};

struct Instruction {
  std::shared_ptr<SessionState> session;
  std::uint32_t index = 0;
};

void bind_machine(nanobind::module_& module);
void bind_cluster(nanobind::module_& module);
void bind_session(nanobind::module_& module);
void bind_result(nanobind::module_& module);
void bind_registers(nanobind::module_& module);
void bind_tensor(nanobind::module_& module);
void bind_scope(nanobind::module_& module);
void bind_instructions(nanobind::module_& module);
void bind_parameters(nanobind::module_& module);

// Times the recorded programs of a core, or of the cores of a logical one; gives the Python Result.
// `without`: names of compiler passes that are left out.
nanobind::object finish_sessions(std::vector<std::shared_ptr<SessionState>> sessions,
                                 const std::vector<std::string>& without);

}  // namespace trainyard::python
