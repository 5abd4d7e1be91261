// SPDX-License-Identifier: Apache-2.0
// Any bytes as a machine file: a machine comes out, or a fault with a rule, a file and a line.
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/fault.h"
#include "machine/machine.h"

namespace {

// The text as a file that lies in memory alone.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : descriptor_(memfd_create("m", 0)) {
    if (descriptor_ < 0 || write(descriptor_, data, size) != static_cast<ssize_t>(size)) abort();
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file(data, size);
  try {
    trainyard::load_machine(file.path());
  } catch (const trainyard::Fault& fault) {
    const bool told = fault.kind() == trainyard::FaultKind::usage && !fault.rule().empty() &&
                      (fault.place().known() || fault.rule().find("cannot read") == 0);
    if (!told) abort();
  }
  return 0;
}
