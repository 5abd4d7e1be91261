// SPDX-License-Identifier: Apache-2.0
// The SQLite file of a sweep. Table `points`: key, place, a column for each swept key, results; its
// rows lie in the order of their keys, whatever the order in which they came. What is committed
// survives the end of the process at any moment.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "planner/sweep.h"

struct sqlite3;

namespace trainyard {

class SweepTable {
 public:
  // Makes the file, or goes on with one of the same sweep. Throws Fault(usage) for another's, or
  // where it cannot be written.
  SweepTable(const Sweep& sweep, const std::string& file);

  // [point]: its row is there.
  std::vector<char> done() const;
  // All in one transaction; a key that is there stays as it is.
  void add(const std::vector<SweepRow>& rows);
  // Rows of a part of the same sweep.
  void take(const std::string& part_file);

  struct Summary {
    std::int64_t rows = 0, faults = 0;
    std::string first_fault;
    double mean = 0, least = 0, most = 0;  // of measure_of(what), where there is no fault
    std::int64_t best_point = 0;
    std::string best_plan;
  };
  Summary summary() const;

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };

  void run(const std::string& statement) const;
  [[noreturn]] void fail(const std::string& what) const;

  const Sweep& sweep_;
  std::string file_;
  std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace trainyard
