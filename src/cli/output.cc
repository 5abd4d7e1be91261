// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <cstdio>

#include "base/fault.h"

namespace trainyard {

void write_result(std::string_view text, const std::string& file) {
  std::FILE* stream = file.empty() ? stdout : std::fopen(file.c_str(), "wb");
  bool written = stream != nullptr;
  if (written) written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  if (stream != nullptr) {
    const int closed = file.empty() ? std::fflush(stream) : std::fclose(stream);
    written = written && closed == 0;
  }
  if (!written) {
    throw Fault(FaultKind::usage,
                file.empty() ? "cannot write to standard output" : "cannot write " + file,
                "check that the folder exists, may be written and has room");
  }
}

}  // namespace trainyard
