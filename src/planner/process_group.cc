// SPDX-License-Identifier: Apache-2.0
#include "planner/process_group.h"

#include <cstdlib>
#include <exception>

#include "base/fault.h"

#ifdef TRAINYARD_WITH_MPI
#include <mpi.h>
#endif

namespace trainyard {
namespace {

// What Open MPI, MPICH and Slurm tell the processes that they start.
bool started_by_mpi() {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "PMIX_RANK"}) {
    if (std::getenv(name) != nullptr) return true;
  }
  return false;
}

}  // namespace

#ifdef TRAINYARD_WITH_MPI

ProcessGroup::ProcessGroup() {
  if (!started_by_mpi()) return;
  int given = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &given);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
  MPI_Comm_size(MPI_COMM_WORLD, &size_);
}

ProcessGroup::~ProcessGroup() {
  int begun = 0;
  MPI_Initialized(&begun);
  if (begun == 0) return;
  constexpr int kInterrupted = static_cast<int>(FaultKind::interrupted);
  if (together_ && std::uncaught_exceptions() > 0) MPI_Abort(MPI_COMM_WORLD, kInterrupted);
  MPI_Finalize();
}

void ProcessGroup::share(std::vector<char>& bytes) const {
  if (size_ == 1) return;
  unsigned long long count = bytes.size();
  MPI_Bcast(&count, 1, MPI_UNSIGNED_LONG_LONG, 0, MPI_COMM_WORLD);
  bytes.resize(count);
  MPI_Bcast(bytes.data(), static_cast<int>(count), MPI_CHAR, 0, MPI_COMM_WORLD);
}

void ProcessGroup::send(const std::string& message) const {
  MPI_Send(message.data(), static_cast<int>(message.size()), MPI_CHAR, 0, 0, MPI_COMM_WORLD);
}

bool ProcessGroup::receive(std::string& message) const {
  if (size_ == 1) return false;
  int there = 0, count = 0;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &there, &status);
  if (there == 0) return false;
  MPI_Get_count(&status, MPI_CHAR, &count);
  message.resize(static_cast<std::size_t>(count));
  MPI_Recv(message.data(), count, MPI_CHAR, status.MPI_SOURCE, 0, MPI_COMM_WORLD,
           MPI_STATUS_IGNORE);
  return true;
}

#else

ProcessGroup::ProcessGroup() {
  if (started_by_mpi()) {
    throw Fault(
        FaultKind::usage, "this build knows no MPI, and several processes would write",
        "build with an MPI (Debian: libopenmpi-dev), or start one process; a sweep has --part");
  }
}
ProcessGroup::~ProcessGroup() = default;
void ProcessGroup::share(std::vector<char>&) const {}
void ProcessGroup::send(const std::string&) const {}
bool ProcessGroup::receive(std::string&) const {
  return false;
}

#endif

}  // namespace trainyard
