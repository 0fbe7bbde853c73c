#include "alembic/route.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "model/observation.hpp"

namespace pgcontract::alembic {
namespace {

using Revisions = RevisionMap::Revisions;
using Set = RevisionMap::Set;

bool in(const Set& set, int revision) { return set[static_cast<std::size_t>(revision)]; }
bool contains(const Revisions& list, int revision) { return std::ranges::find(list, revision) != list.end(); }

// Alembic's HeadMaintainer. The rows are a set of revisions of the map.
class RowKeeper {
 public:
  RowKeeper(const RevisionMap& map, const Revisions& rows) : map_(map), rows_(rows.begin(), rows.end()) {}

  Result<RowMove> upgrade(int revision) {
    const Revisions& down = map_.lineage().normalized(revision);
    Revisions held = of_rows(down);
    RowMove move;
    if (held.empty()) {
      PGC_CHECK(insert(revision, move));
    } else if (held.size() > 1) {
      Revisions from = without_ancestors_of_others(down, down);
      if (from.empty()) return beyond(revision);
      const int last = from.back();
      from.pop_back();
      for (int other : from) PGC_CHECK(remove(other, move));
      PGC_CHECK(update(last, revision, move));
    } else {
      PGC_CHECK(update(held.front(), revision, move));
    }
    return move;
  }

  Result<RowMove> downgrade(int revision) {
    const Revisions& down = map_.lineage().normalized(revision);
    RowMove move;
    if (rows_.contains(revision)) {
      const Revisions to = without_ancestors_of_others(down, {revision});
      if (to.empty()) {
        PGC_CHECK(remove(revision, move));
        return move;
      }
      if (down.size() > 1) {
        for (std::size_t i = 0; i + 1 < to.size(); ++i) PGC_CHECK(insert(to[i], move));
        PGC_CHECK(update(revision, to.back(), move));
        return move;
      }
    }
    if (down.size() != 1) return beyond(revision);
    PGC_CHECK(update(revision, down.front(), move));
    return move;
  }

  Result<void> insert(int revision, RowMove& move) {
    if (!rows_.insert(revision).second) return beyond(revision);
    move.inserted.push_back(map_.id(revision));
    return {};
  }
  Result<void> remove(int revision, RowMove& move) {
    if (rows_.erase(revision) == 0) return beyond(revision);
    move.deleted.push_back(map_.id(revision));
    return {};
  }
  Result<void> update(int from, int to, RowMove& move) {
    if (rows_.contains(to) || rows_.erase(from) == 0) return beyond(to);
    rows_.insert(to);
    move.updated = std::pair{map_.id(from), map_.id(to)};
    return {};
  }

  std::vector<std::string> rows() const {
    std::vector<std::string> out;
    for (int revision : rows_) out.push_back(map_.id(revision));
    std::ranges::sort(out);
    return out;
  }
  Revisions of_rows(const Revisions& list) const {
    Revisions out;
    for (int revision : list)
      if (rows_.contains(revision)) out.push_back(revision);
    return out;
  }

 private:
  // `list` without what lies below rows other than `own`: those rows stand for it already. Where there are none,
  // without what lies below others of the list.
  Revisions without_ancestors_of_others(const Revisions& list, const Revisions& own) const {
    Revisions others;
    for (int row : rows_)
      if (!contains(own, row)) others.push_back(row);
    if (others.empty() && list == own) return list;  // a merge takes all of its rows away
    Revisions out;
    for (int revision : list) {
      Revisions above = others;
      if (others.empty()) std::ranges::copy_if(list, std::back_inserter(above), [&](int o) { return o != revision; });
      if (!in(map_.ancestors(above, /*dependencies=*/true), revision)) out.push_back(revision);
    }
    return out;
  }

  Failure beyond(int revision) const {
    return fail(
        ErrorCode::Unsupported,
        fmt::format("Alembic cannot move its rows {} over revision {}", fmt::join(rows(), ", "), map_.id(revision)),
        "Bring the branches to the same state one by one first: name each of its heads as the target.");
  }

  const RevisionMap& map_;
  std::set<int> rows_;
};

// Alembic refuses rows, and targets, of which one is below another.
Result<void> check_overlap(const RevisionMap& map, const Revisions& revisions) {
  for (int revision : revisions) {
    const Set below = map.ancestors({revision}, /*dependencies=*/true);
    for (int other : revisions)
      if (other != revision && in(below, other))
        return fail(ErrorCode::Conflict,
                    fmt::format("requested revision {} overlaps with other requested revisions {}", map.id(revision),
                                map.id(other)),
                    "Remove the row of the older one: pgcontract migrate stamp");
  }
  return {};
}

RouteStep step_of(const RevisionMap& map, int revision, bool upgrade, RowMove move, const RowKeeper& keeper) {
  RouteStep step{map.id(revision), upgrade, {}, {}, std::move(move), keeper.rows(), map.file(revision)};
  (upgrade ? step.from : step.to) = map.ids(map.lineage().down(revision));
  (upgrade ? step.to : step.from) = {step.revision};
  return step;
}

Result<Route> route_over(const RevisionMap& map, const Revisions& rows, const Revisions& order, bool upgrade) {
  Route route;
  RowKeeper keeper(map, rows);
  for (int revision : order) {
    PGC_TRY(RowMove move, upgrade ? keeper.upgrade(revision) : keeper.downgrade(revision));
    route.push_back(step_of(map, revision, upgrade, std::move(move), keeper));
  }
  return route;
}

}  // namespace

Result<Route> upgrade_route(const RevisionMap& map, const std::vector<std::string>& rows, const std::string& target) {
  PGC_TRY(const Revisions current, map.rows(rows));
  PGC_TRY(const Revisions targets, map.upgrade_targets(target, current));
  PGC_CHECK(check_overlap(map, targets));
  PGC_CHECK(check_overlap(map, current));
  Set wanted = map.ancestors(targets, /*dependencies=*/true);
  const Set applied = map.ancestors(current, /*dependencies=*/true);
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = wanted[i] && !applied[i];
  return route_over(map, current, map.lineage().upgrade_order(wanted, targets), /*upgrade=*/true);
}

Result<Route> downgrade_route(const RevisionMap& map, const std::vector<std::string>& rows, const std::string& target) {
  PGC_TRY(const Revisions current, map.rows(rows));
  PGC_TRY(const RevisionMap::Below below, map.downgrade_target(target, current));
  Revisions roots = below.revision == RevisionMap::kBase ? map.bases() : map.children(below.revision);
  if (!below.branch.empty() && roots.size() > 1) {
    PGC_TRY(const int branch, map.branch(below.branch));
    const Set lineage = map.ancestors({branch}, /*dependencies=*/false);
    std::erase_if(roots, [&](int root) { return !in(lineage, root); });
    if (roots.empty())
      return fail(ErrorCode::InvalidInput, "not a valid downgrade target from current heads",
                  "Name a revision below the rows of the table.");
  }
  Set wanted = map.descendants(roots, /*dependencies=*/true);
  const Set active = map.ancestors(current, /*dependencies=*/true);
  bool any = false;
  for (std::size_t i = 0; i < wanted.size(); ++i) any |= wanted[i] = wanted[i] && active[i];
  if (!any && below.revision != RevisionMap::kBase && !contains(current, below.revision))
    return fail(ErrorCode::InvalidInput,
                fmt::format("{} is not a valid downgrade target from the current rows", map.id(below.revision)),
                "Name a revision below the rows of the table.");
  Revisions order = map.lineage().upgrade_order(wanted, current);
  std::ranges::reverse(order);
  return route_over(map, current, order, /*upgrade=*/false);
}

Result<Route> return_route(const RevisionMap& map, const std::vector<std::string>& rows,
                           const std::vector<std::string>& earlier) {
  PGC_TRY(const Revisions current, map.rows(rows));
  PGC_TRY(const Revisions before, map.rows(earlier));
  Set wanted = map.ancestors(current, /*dependencies=*/true);
  const Set kept = map.ancestors(before, /*dependencies=*/true);
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] = wanted[i] && !kept[i];
  Revisions order = map.lineage().upgrade_order(wanted, current);
  std::ranges::reverse(order);
  PGC_TRY(Route route, route_over(map, current, order, /*upgrade=*/false));
  std::vector<std::string> end = earlier;
  std::ranges::sort(end);
  if (route.empty() ? rows == end : route.back().rows_after == end) return route;
  return fail(ErrorCode::Unsupported, fmt::format("going down does not lead back to the rows {}", fmt::join(end, ", ")),
              "Go down to a target instead: pgcontract migrate down TARGET");
}

Result<Route> stamp_route(const RevisionMap& map, const std::vector<std::string>& rows, const std::string& target) {
  PGC_TRY(const Revisions current, map.rows(rows));
  PGC_TRY(const Revisions targets, map.revisions(target));
  PGC_TRY(const Revisions lineage_rows, map.filter_for_lineage(current, target, /*dependencies=*/true));
  Route route;
  RowKeeper keeper(map, current);
  const auto add = [&](bool upgrade, const Revisions& from, const Revisions& to, RowMove move) {
    route.push_back({"", upgrade, map.ids(from), map.ids(to), std::move(move), keeper.rows()});
  };
  if (targets.empty()) {
    for (int row : lineage_rows) {
      RowMove move;
      PGC_CHECK(keeper.remove(row, move));
      add(false, {row}, {}, std::move(move));
    }
    return route;
  }
  for (int to : targets) {
    if (contains(lineage_rows, to)) continue;
    const Set above = map.descendants({to}, /*dependencies=*/true);
    const Set below = map.ancestors({to}, /*dependencies=*/true);
    const auto among = [&](const Set& set) {
      return std::ranges::any_of(lineage_rows, [&](int row) { return in(set, row); });
    };
    RowMove move;
    const bool down = among(above);
    if (!down && !among(below)) {
      PGC_CHECK(keeper.insert(to, move));
      add(true, {}, {to}, std::move(move));
      continue;
    }
    // One step over all rows of the lineage: they are merged into the one.
    if (!down && keeper.of_rows(lineage_rows).size() < lineage_rows.size()) {
      PGC_CHECK(keeper.insert(to, move));  // an earlier target of this stamp has taken a row
    } else {
      for (std::size_t i = 0; i + 1 < lineage_rows.size(); ++i) PGC_CHECK(keeper.remove(lineage_rows[i], move));
      PGC_CHECK(keeper.update(lineage_rows.back(), to, move));
    }
    add(!down, lineage_rows, {to}, std::move(move));
  }
  return route;
}

std::vector<std::string> row_statements(const RowMove& move, const std::string& table) {
  std::vector<std::string> out;
  const auto literal = [](const std::string& id) { return quoted_literal(id); };
  constexpr const char* kWhere = "WHERE version_num OPERATOR(pg_catalog.=) ";
  for (const auto& id : move.deleted)
    out.push_back(fmt::format("DELETE FROM ONLY {} {}{}", table, kWhere, literal(id)));
  for (const auto& id : move.inserted)
    out.push_back(fmt::format("INSERT INTO {} (version_num) VALUES ({})", table, literal(id)));
  if (move.updated)
    out.push_back(fmt::format("UPDATE ONLY {} SET version_num = {} {}{}", table, literal(move.updated->second), kWhere,
                              literal(move.updated->first)));
  return out;
}

}  // namespace pgcontract::alembic
