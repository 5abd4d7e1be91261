// SPDX-License-Identifier: Apache-2.0
#include "cli/threads.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <thread>

#include "base/fault.h"

namespace trainyard {

unsigned threads_of(const Arguments& arguments) {
  if (!arguments.has("--threads")) return std::max(1U, std::thread::hardware_concurrency());
  constexpr unsigned kThreadsMax = 1024;
  const std::string text = arguments.text("--threads");
  unsigned count = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), count);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || count < 1 ||
      count > kThreadsMax) {
    throw Fault(FaultKind::usage, "--threads \"" + text + "\" is no number of threads",
                "from 1 to 1024");
  }
  return count;
}

}  // namespace trainyard
