// SPDX-License-Identifier: Apache-2.0
// The processes that share a sweep or a search: those that `mpirun` or `srun` started, where the
// build found MPI; else this one alone. Process 0 gathers what the others send.
#pragma once

#include <string>
#include <vector>

namespace trainyard {

class ProcessGroup {
 public:
  ProcessGroup();
  ~ProcessGroup();
  ProcessGroup(const ProcessGroup&) = delete;
  ProcessGroup& operator=(const ProcessGroup&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }

  // Everything that was sent is there, or nothing will be: the processes may end one by one. A
  // process that ends by a fault before that ends the others too.
  void part() { together_ = false; }

  // What process 0 has, in all.
  void share(std::vector<char>& bytes) const;
  // To process 0.
  void send(const std::string& message) const;
  // In process 0: the next message that has come. False when there is none yet.
  bool receive(std::string& message) const;

 private:
  int rank_ = 0, size_ = 1;
  bool together_ = true;
};

}  // namespace trainyard
