// SPDX-License-Identifier: Apache-2.0
#include "planner/run_sweep.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "planner/interrupt.h"
#include "planner/process_group.h"
#include "planner/row_message.h"
#include "planner/sweep_table.h"

namespace trainyard {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kProgressEvery = std::chrono::seconds(1);
constexpr auto kLook = std::chrono::milliseconds(20);      // for Ctrl-C
constexpr auto kLookMpi = std::chrono::microseconds(500);  // and for messages

// Threads that evaluate points and put them where the main thread takes them.
class Workers {
 public:
  Workers(const Sweep& sweep, std::vector<std::int64_t> points, unsigned threads)
      : sweep_(sweep), points_(std::move(points)), working_(threads) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  }
  ~Workers() {
    stopped_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void stop() { stopped_ = true; }

  // What is finished by now, after at most `patience`; nothing and `ended` when all is.
  std::vector<SweepRow> take(std::chrono::microseconds patience, bool& ended) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return !rows_.empty() || working_ == 0; });
    if (failure_) std::rethrow_exception(failure_);
    ended = working_ == 0 && rows_.empty();
    return std::exchange(rows_, {});
  }

 private:
  void work() {
    PointEvaluation evaluation(sweep_);
    for (std::size_t i = next_++; i < points_.size() && !stopped_; i = next_++) {
      try {
        SweepRow row = evaluation.of(points_[i]);
        const std::lock_guard<std::mutex> lock(mutex_);
        rows_.push_back(std::move(row));
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex_);
        failure_ = std::current_exception();
        stopped_ = true;
      }
      changed_.notify_one();
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    --working_;
    changed_.notify_one();
  }

  const Sweep& sweep_;
  const std::vector<std::int64_t> points_;
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<SweepRow> rows_;
  std::exception_ptr failure_;
  unsigned working_;
  std::vector<std::thread> threads_;
};

// Parts that lie beside the whole.
std::vector<std::string> parts_beside(const std::string& out) {
  namespace fs = std::filesystem;
  const fs::path path(out);
  const std::string beginning = path.filename().string() + ".part-";
  std::vector<std::string> found;
  std::error_code error;
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    const bool journal = name.find("-journal") != std::string::npos;
    if (name.rfind(beginning, 0) == 0 && !journal) found.push_back(entry.path().string());
  }
  std::sort(found.begin(), found.end());
  return found;
}

class Run {
 public:
  Run(const Sweep& sweep, const SweepOptions& options) : sweep_(sweep), options_(options) {}

  std::string go() {
    std::vector<char> done;
    try {
      done = open();
    } catch (const Fault&) {
      group_.share(done);  // nothing: the others end too
      group_.part();
      throw;
    }
    group_.share(done);
    if (done.empty()) return {};
    std::vector<std::int64_t> mine, all;
    for (std::int64_t point = options_.part; point < sweep_.points(); point += options_.parts) {
      if (done[static_cast<std::size_t>(point)] == 0) all.push_back(point);
    }
    for (std::size_t i = static_cast<std::size_t>(group_.rank()); i < all.size();
         i += static_cast<std::size_t>(group_.size())) {
      mine.push_back(all[i]);
    }
    of_all_ = (sweep_.points() - options_.part + options_.parts - 1) / options_.parts;
    finished_ = of_all_ - static_cast<std::int64_t>(all.size());
    Workers workers(sweep_, std::move(mine), options_.threads);
    group_.rank() == 0 ? gather(workers) : pass_on(workers);
    group_.part();
    if (interrupt_.wanted()) {
      throw Fault(FaultKind::interrupted, "interrupted",
                  "what is finished is kept; the same command goes on");
    }
    return group_.rank() == 0 ? summary() : std::string();
  }

 private:
  std::vector<char> open() {
    if (group_.rank() != 0) return {};
    table_.emplace(sweep_, sweep_file(options_));
    if (options_.parts == 1) {
      for (const std::string& part : parts_beside(options_.out)) table_->take(part);
    }
    return table_->done();
  }

  // The first process writes what it and the others have.
  void gather(Workers& workers) {
    const bool several = group_.size() > 1;
    int others = group_.size() - 1;
    bool ended = false;
    std::string message;
    while (!ended || others > 0) {
      if (Interrupt::wanted()) workers.stop();
      std::vector<SweepRow> rows =
          workers.take(several ? std::chrono::microseconds(kLookMpi) : kLook, ended);
      if (ended && others > 0) std::this_thread::sleep_for(kLookMpi);
      while (group_.receive(message)) {
        message.empty() ? static_cast<void>(--others) : rows.push_back(row_of(message));
      }
      table_->add(rows);
      finished_ += static_cast<std::int64_t>(rows.size());
      show_progress();
      if (Interrupt::wanted() && ended) return;
    }
  }

  void pass_on(Workers& workers) {
    bool ended = false;
    while (!ended) {
      if (Interrupt::wanted()) workers.stop();
      for (const SweepRow& row : workers.take(kLook, ended)) group_.send(message_of(row));
    }
    group_.send({});
  }

  void show_progress() {
    const Clock::time_point now = Clock::now();
    if (!options_.progress || now - shown_ < kProgressEvery) return;
    shown_ = now;
    options_.progress(finished_, of_all_);
  }

  std::string summary() const {
    const SweepTable::Summary all = table_->summary();
    std::string text =
        fmt::format("{}: {} points in {}", sweep_.title, all.rows, sweep_file(options_));
    if (all.faults > 0) {
      text +=
          fmt::format("\n{} of them hold no answer; the first: {}", all.faults, all.first_fault);
    }
    if (all.faults < all.rows) {
      const SweepMeasure measure = measure_of(sweep_.what);
      text += fmt::format("\n{} from {:.4g} to {:.4g}, mean {:.4g}; the {} at point {}: {}",
                          measure.column, all.least, all.most, all.mean,
                          measure.most_is_best ? "most" : "least", all.best_point, all.best_plan);
    }
    return text + "\n";
  }

  const Sweep& sweep_;
  const SweepOptions& options_;
  const Interrupt interrupt_;
  ProcessGroup group_;
  std::optional<SweepTable> table_;  // of the first process
  std::int64_t of_all_ = 0, finished_ = 0;
  Clock::time_point shown_ = Clock::now();
};

std::string in_shell(const std::string& word) {
  std::string text = "'";
  for (const char letter : word)
    text += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
  return text + "'";
}

}  // namespace

std::string sweep_file(const SweepOptions& options) {
  if (options.parts == 1) return options.out;
  return fmt::format("{}.part-{}-of-{}", options.out, options.part, options.parts);
}

std::string run_sweep(const Sweep& sweep, const SweepOptions& options) {
  return Run(sweep, options).go();
}

std::string slurm_script(const Sweep& sweep, const SweepOptions& options) {
  const std::string command =
      fmt::format("trainyard sweep {} --out {}", in_shell(sweep.file), in_shell(options.out));
  return fmt::format(
      "#!/bin/bash\n"
      "# {0} points in {1} parts. To submit, and to gather the parts when all are done:\n"
      "#   job=$(sbatch --parsable THIS_FILE)\n"
      "#   sbatch --dependency=afterany:$job --wrap {2}\n"
      "# A part that was killed goes on where it was; what no part has, the gathering does.\n"
      "#SBATCH --job-name=trainyard-sweep\n"
      "#SBATCH --array=0-{3}\n"
      "#SBATCH --cpus-per-task={4}\n"
      "#SBATCH --requeue\n"
      "set -euo pipefail\n"
      "exec {5} --part \"$SLURM_ARRAY_TASK_ID/{1}\" --threads {4}\n",
      sweep.points(), options.parts, in_shell(command), options.parts - 1, options.threads,
      command);
}

}  // namespace trainyard
