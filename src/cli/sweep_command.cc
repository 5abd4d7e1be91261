// SPDX-License-Identifier: Apache-2.0
#include "cli/sweep_command.h"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

#include "base/fault.h"
#include "cli/output.h"
#include "cli/threads.h"
#include "planner/run_sweep.h"
#include "planner/sweep.h"

namespace trainyard {
namespace {

constexpr std::int64_t kPartsMax = 100000;

bool read_whole(std::string_view text, std::int64_t& value) {
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  return read.ec == std::errc() && read.ptr == text.data() + text.size();
}

void read_part(const std::string& text, SweepOptions& options) {
  const std::size_t slash = text.find('/');
  const std::string_view whole(text);
  if (slash == std::string::npos || !read_whole(whole.substr(0, slash), options.part) ||
      !read_whole(whole.substr(slash + 1), options.parts) || options.part < 0 ||
      options.part >= options.parts || options.parts > kPartsMax) {
    throw Fault(FaultKind::usage, "--part \"" + text + "\" is no part of a sweep",
                "of 16 parts the first is 0/16, the last 15/16");
  }
}

void show(std::int64_t done, std::int64_t all) {
  std::fprintf(stderr, "trainyard: %lld of %lld points\n", static_cast<long long>(done),
               static_cast<long long>(all));
}

int sweep(const Arguments& arguments) {
  SweepOptions options;
  options.out = arguments.text("--out");
  if (options.out.empty()) {
    throw Fault(FaultKind::usage, "a sweep writes into a file", "give --out FILE.sqlite");
  }
  options.threads = threads_of(arguments);
  options.progress = show;
  const Sweep wanted = read_sweep(arguments.text("SWEEP"));
  if (arguments.has("--slurm")) {
    const std::string parts = arguments.has("--parts") ? arguments.text("--parts") : "16";
    if (!read_whole(parts, options.parts) || options.parts < 2 || options.parts > kPartsMax) {
      throw Fault(FaultKind::usage, "--parts \"" + parts + "\" is no number of parts",
                  "from 2 to 100000");
    }
    write_result(slurm_script(wanted, options), arguments.text("--slurm"));
    return 0;
  }
  if (arguments.has("--part")) read_part(arguments.text("--part"), options);
  const std::string text = run_sweep(wanted, options);
  if (!text.empty()) write_result(text);
  return 0;
}

}  // namespace

Command sweep_command() {
  return {"sweep",
          "many scenarios or plans into one SQLite file; goes on where it was broken off",
          {{ArgumentKind::positional, "SWEEP", "a TOML file: docs/planner.md lists its keys"},
           {ArgumentKind::text, "--out", "the SQLite file"},
           {ArgumentKind::text, "--threads", "how many; all cores by default"},
           {ArgumentKind::text, "--part", "I/N: of N parts this one, into FILE.part-I-of-N"},
           {ArgumentKind::text, "--slurm", "write a job array as a script, and do nothing else"},
           {ArgumentKind::text, "--parts", "of the job array; 16 by default"}},
          sweep};
}

}  // namespace trainyard
