#pragma once
// The way of one version table from its rows to a target: which revisions run, in Alembic's order, and how each moves
// the rows (script/base.py _upgrade_revs, _downgrade_revs, _stamp_revs; runtime/migration.py HeadMaintainer). What
// Alembic refuses is an Error here too. Values. Pure; any thread.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "alembic/revision_map.hpp"

namespace pgcontract::alembic {

// How the rows of a version table change, in the order of the fields.
struct RowMove {
  std::vector<std::string> deleted;
  std::vector<std::string> inserted;
  std::optional<std::pair<std::string, std::string>> updated;  // from, to
};

struct RouteStep {
  std::string revision;  // empty: a stamp, which runs nothing
  bool upgrade = true;
  std::vector<std::string> from;  // as the "-- Running" mark names it: down_revision alone
  std::vector<std::string> to;
  RowMove rows;
  std::vector<std::string> rows_after;  // sorted
  std::string file = {};                // of the revision, relative to the contract's directory
};

using Route = std::vector<RouteStep>;

Result<Route> upgrade_route(const RevisionMap& map, const std::vector<std::string>& rows, const std::string& target);
Result<Route> downgrade_route(const RevisionMap& map, const std::vector<std::string>& rows, const std::string& target);
// Back from `rows` to exactly the rows of an earlier time, from which an upgrade had led to these.
Result<Route> return_route(const RevisionMap& map, const std::vector<std::string>& rows,
                           const std::vector<std::string>& earlier);
// What `alembic stamp` does to the rows.
Result<Route> stamp_route(const RevisionMap& map, const std::vector<std::string>& rows, const std::string& target);

// The statements of a move on `table`, a qualified name, as Alembic writes them but independent of the search_path.
std::vector<std::string> row_statements(const RowMove& move, const std::string& table);

}  // namespace pgcontract::alembic
