#include "fleet/watcher.hpp"

#include <fmt/format.h>

#include <charconv>

namespace pgcontract::fleet {
namespace {

constexpr std::size_t kMostBlockers = 100;

// Never the text of the blocker's statement: it may hold what is not ours to show.
constexpr std::string_view kBlockers = R"(
SELECT w.pid, b.pid, b.usename, b.application_name, b.state,
  EXTRACT(epoch FROM pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) COALESCE(b.xact_start, b.backend_start)),
  (SELECT pg_catalog.concat(n.nspname, '.', c.relname) FROM pg_catalog.pg_locks AS l
   JOIN pg_catalog.pg_class AS c ON c.oid OPERATOR(pg_catalog.=) l.relation
   JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
   WHERE l.pid OPERATOR(pg_catalog.=) w.pid AND NOT l.granted LIMIT 1)
FROM pg_catalog.unnest($1::pg_catalog.int4[]) AS w (pid)
CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(w.pid)) AS x (pid)
LEFT JOIN pg_catalog.pg_stat_activity AS b ON b.pid OPERATOR(pg_catalog.=) x.pid)";

template <typename Number>
Number number_of(std::string_view text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

Result<int> Watcher::look(postgres::Connection& side, const std::map<int, std::string>& busy) {
  std::string pids;
  for (const auto& [pid, schema] : busy) pids += fmt::format("{}{}", pids.empty() ? "{" : ",", pid);
  PGC_TRY(const auto rows, side.query(kBlockers, {pids + "}"}));
  std::set<int> waiting;
  for (int i = 0; i < rows.size(); ++i) {
    const int waiter = number_of<int>(rows.at(i, 0));
    const int pid = number_of<int>(rows.at(i, 1));
    waiting.insert(waiter);
    // Two of our own that wait for each other are no news.
    if (busy.contains(pid) || pid == side.backend_pid() || blockers_.size() >= kMostBlockers) continue;
    const auto& schema = busy.at(waiter);
    if (!seen_.emplace(schema, pid).second) continue;
    blockers_.push_back({schema, pid, std::string(rows.at(i, 2)), std::string(rows.at(i, 3)),
                         std::string(rows.at(i, 4)), number_of<double>(rows.at(i, 5)), std::string(rows.at(i, 6))});
  }
  return static_cast<int>(waiting.size());
}

}  // namespace pgcontract::fleet
