#include <chrono>
#include <thread>

#include "act/act.hpp"
#include "base/interrupt.hpp"

namespace pgcontract::act {
namespace {

constexpr auto kPollInterval = std::chrono::milliseconds(200);

Result<std::string> holder_of_lock(postgres::Connection& connection) {
  PGC_TRY(
      const auto rows,
      connection.query(
          "SELECT pg_catalog.concat('process ', a.pid, ' of ', a.usename, ' since ', a.backend_start) "
          "FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a ON a.pid OPERATOR(pg_catalog.=) l.pid "
          "WHERE l.locktype OPERATOR(pg_catalog.=) 'advisory' AND l.granted "
          "AND l.classid OPERATOR(pg_catalog.=) 1885823860::pg_catalog.oid "
          "AND l.objid OPERATOR(pg_catalog.=) 1::pg_catalog.oid "
          "AND l.database OPERATOR(pg_catalog.=) (SELECT d.oid FROM pg_catalog.pg_database AS d "
          "WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())"));
  return rows.empty() ? std::string("another session") : std::string(rows.at(0, 0));
}

// Under the lock a job still 'running' is dead: its process was killed, maybe after its last step. A job that begins
// would say so, but where nothing is left to do none begins, and `status` would show the dead one for ever.
Result<void> close_dead_jobs(postgres::Connection& side) {
  PGC_TRY(const auto rows, side.query("SELECT pg_catalog.has_table_privilege(pg_catalog.to_regclass('pgcontract.job')"
                                      "::pg_catalog.oid, 'UPDATE')"));
  if (rows.at(0, 0) != "t") return {};  // no such table, or not for this role
  return side.execute(
      "UPDATE pgcontract.job SET state = 'interrupted', finished_at = pg_catalog.now() "
      "WHERE state OPERATOR(pg_catalog.=) 'running'");
}

}  // namespace

Result<ApplyLock> ApplyLock::take(const postgres::Dsn& dsn, const Options& options,
                                  const std::function<void(std::string_view)>& waiting) {
  postgres::ConnectOptions connect;
  connect.application_name = "pgcontract journal";
  PGC_TRY(auto side, postgres::Connection::open(dsn, connect));
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(options.wait_seconds);
  std::string holder;
  while (true) {
    PGC_TRY(const auto rows, side.query("SELECT pg_catalog.pg_try_advisory_lock(1885823860, 1)"));
    if (rows.at(0, 0) == "t") {
      PGC_CHECK(close_dead_jobs(side));
      return ApplyLock(std::move(side));
    }
    if (interrupt::stop_requested()) return fail(ErrorCode::Cancelled, "stopped while waiting for another apply");
    if (holder.empty()) {
      PGC_TRY(holder, holder_of_lock(side));
      waiting(holder);
    }
    if (std::chrono::steady_clock::now() >= deadline)
      return fail(ErrorCode::LockTimeout, "another apply is at work on this database: " + holder,
                  "Wait for it, or raise --wait; nothing was changed.");
    std::this_thread::sleep_for(kPollInterval);
  }
}

}  // namespace pgcontract::act
