// SPDX-License-Identifier: Apache-2.0
#include "planner/sweep_table.h"

#include <functional>

#include <fmt/format.h>
#include <sqlite3.h>

namespace trainyard {
namespace {

constexpr int kBusyMs = 10000;

std::string quoted(const std::string& name, char mark) {
  std::string text(1, mark);
  for (const char letter : name) {
    if (letter == mark) text += mark;
    text += letter;
  }
  return text + mark;
}

std::string columns(const Sweep& sweep) {
  std::string text = "key TEXT PRIMARY KEY, point INTEGER NOT NULL, run INTEGER NOT NULL";
  for (const SweepAxis& axis : sweep.axes) text += ", " + quoted(axis.key, '"');
  text += ", fault TEXT, plan TEXT";
  for (const std::string& name : number_names(sweep.what)) text += ", " + name + " REAL";
  return text;
}

// A prepared statement; its values are bound in order.
class Statement {
 public:
  Statement(sqlite3* database, const std::string& text) {
    sqlite3_prepare_v2(database, text.c_str(), -1, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  void bind(std::int64_t value) { sqlite3_bind_int64(statement_, ++bound_, value); }
  void bind(double value) { sqlite3_bind_double(statement_, ++bound_, value); }
  void bind(const std::string& value) {
    sqlite3_bind_text(statement_, ++bound_, value.c_str(), static_cast<int>(value.size()),
                      SQLITE_TRANSIENT);
  }
  void bind_null() { sqlite3_bind_null(statement_, ++bound_); }
  void bind(const DocumentNode& value) {
    using Kind = DocumentNode::Kind;
    if (value.is(Kind::truth)) {
      bind(std::int64_t{value.truth ? 1 : 0});
    } else if (value.is(Kind::words)) {
      bind(value.words);
    } else if (value.is(Kind::number) && value.whole) {
      bind(static_cast<std::int64_t>(value.number));
    } else if (value.is(Kind::number)) {
      bind(value.number);
    } else {
      bind_null();
    }
  }

  // SQLITE_ROW, SQLITE_DONE or an error.
  int step() { return statement_ == nullptr ? SQLITE_ERROR : sqlite3_step(statement_); }
  void reset() {
    sqlite3_reset(statement_);
    bound_ = 0;
  }
  std::int64_t whole(int column) const { return sqlite3_column_int64(statement_, column); }
  double number(int column) const { return sqlite3_column_double(statement_, column); }
  std::string words(int column) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
    return text == nullptr ? std::string() : std::string(text);
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

}  // namespace

void SweepTable::Close::operator()(sqlite3* database) const {
  sqlite3_close(database);
}

void SweepTable::fail(const std::string& what) const {
  const std::string why = database_ ? sqlite3_errmsg(database_.get()) : "no memory";
  throw Fault(FaultKind::usage, fmt::format("cannot {} {}: {}", what, file_, why),
              "check that the folder exists and may be written, and that the file is a sweep's");
}

void SweepTable::run(const std::string& statement) const {
  if (sqlite3_exec(database_.get(), statement.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    fail("write");
  }
}

SweepTable::SweepTable(const Sweep& sweep, const std::string& file) : sweep_(sweep), file_(file) {
  sqlite3* database = nullptr;
  const int opened =
      sqlite3_open_v2(file.c_str(), &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  database_.reset(database);
  if (opened != SQLITE_OK) fail("open");
  sqlite3_busy_timeout(database, kBusyMs);
  // A journal, not a write-ahead log: it works on a network's file systems too.
  run("PRAGMA journal_mode = DELETE");
  run("PRAGMA synchronous = NORMAL");
  run("BEGIN IMMEDIATE");
  run("CREATE TABLE IF NOT EXISTS sweep (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID");
  Statement known(database, "SELECT value FROM sweep WHERE name = 'hash'");
  if (known.step() == SQLITE_ROW) {
    if (known.words(0) != sweep.hash) {
      Fault fault(FaultKind::usage,
                  fmt::format("{} holds another sweep, or this one as it was "
                              "before its files were changed",
                              file),
                  "give another --out, or remove the file");
      throw fault.at({sweep.file, 1});
    }
  } else {
    run("CREATE TABLE points (" + columns(sweep) + ") WITHOUT ROWID");
    run(fmt::format("INSERT INTO sweep VALUES ('hash', {}), ('title', {})",
                    quoted(sweep.hash, '\''), quoted(sweep.title, '\'')));
  }
  known.reset();
  run("COMMIT");
}

std::vector<char> SweepTable::done() const {
  std::vector<char> done(static_cast<std::size_t>(sweep_.points()), 0);
  Statement rows(database_.get(), "SELECT point FROM points");
  int result = rows.step();
  for (; result == SQLITE_ROW; result = rows.step()) {
    const std::int64_t point = rows.whole(0);
    if (point >= 0 && point < sweep_.points()) done[static_cast<std::size_t>(point)] = 1;
  }
  if (result != SQLITE_DONE) fail("read");
  return done;
}

void SweepTable::add(const std::vector<SweepRow>& rows) {
  if (rows.empty()) return;
  std::string marks = "?";
  const std::size_t count = 5 + sweep_.axes.size() + number_names(sweep_.what).size();
  for (std::size_t i = 1; i < count; ++i) marks += ", ?";
  run("BEGIN IMMEDIATE");
  Statement insert(database_.get(), "INSERT OR IGNORE INTO points VALUES (" + marks + ")");
  for (const SweepRow& row : rows) {
    const SweepPlace place = place_of(sweep_, row.point);
    insert.reset();
    insert.bind(row.key);
    insert.bind(row.point);
    insert.bind(place.run);
    for (std::size_t axis = 0; axis < sweep_.axes.size(); ++axis) {
      insert.bind(sweep_.axes[axis].values[place.values[axis]]);
    }
    const bool good = row.fault.empty();
    good ? insert.bind_null() : insert.bind(row.fault);
    good ? insert.bind(row.plan) : insert.bind_null();
    for (std::size_t i = 0; i < number_names(sweep_.what).size(); ++i) {
      good ? insert.bind(row.numbers[i]) : insert.bind_null();
    }
    if (insert.step() != SQLITE_DONE) fail("write");
  }
  insert.reset();
  run("COMMIT");
}

void SweepTable::take(const std::string& part_file) {
  const SweepTable part(sweep_, part_file);  // a fault where it is another sweep's
  run("ATTACH " + quoted(part_file, '\'') + " AS part");
  run("INSERT OR IGNORE INTO points SELECT * FROM part.points");
  run("DETACH part");
}

SweepTable::Summary SweepTable::summary() const {
  Summary summary;
  const SweepMeasure measure = measure_of(sweep_.what);
  Statement numbers(database_.get(), fmt::format("SELECT COUNT(*), COUNT(fault), AVG({0}), "
                                                 "MIN({0}), MAX({0}) FROM points",
                                                 measure.column));
  if (numbers.step() != SQLITE_ROW) fail("read");
  summary.rows = numbers.whole(0);
  summary.faults = numbers.whole(1);
  summary.mean = numbers.number(2);
  summary.least = numbers.number(3);
  summary.most = numbers.number(4);
  Statement best(database_.get(),
                 fmt::format("SELECT point, plan FROM points WHERE fault IS NULL "
                             "ORDER BY {} {}, point LIMIT 1",
                             measure.column, measure.most_is_best ? "DESC" : "ASC"));
  if (best.step() == SQLITE_ROW) {
    summary.best_point = best.whole(0);
    summary.best_plan = best.words(1);
  }
  Statement fault(database_.get(),
                  "SELECT fault FROM points WHERE fault IS NOT NULL ORDER BY point LIMIT 1");
  if (fault.step() == SQLITE_ROW) summary.first_fault = fault.words(0);
  return summary;
}

}  // namespace trainyard
