#include "command/drill_proofs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <set>

#include "command/drift.hpp"
#include "command/prove.hpp"
#include "observe/observe.hpp"
#include "tenancy/tombstones.hpp"
#include "walg/names.hpp"

namespace pgcontract::command {
namespace {

using drill::Check;
using drill::Verdict;

template <typename Prove>
Check judged_by(std::string name, Prove prove) {
  const auto began = std::chrono::steady_clock::now();
  Check check;
  check.name = std::move(name);
  if (const Result<void> done = prove(check); !done) {
    check.verdict = Verdict::Failed;
    check.found = done.error().describe();
  }
  check.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return check;
}

void not_judged(Check& check, std::string why) {
  check.verdict = Verdict::NotJudged;
  check.found = std::move(why);
}

Failure found(std::string what) { return fail(ErrorCode::Conflict, std::move(what)); }

postgres::Dsn dsn_of(const Copy& copy) { return copy.server.dsn(database_of(copy.place, copy.live)); }

Check prove_tenants(const Copy& copy, report::Progress& progress) {
  return judged_by("fingerprints", [&](Check& check) -> Result<void> {
    int tenants = 0;
    std::size_t left_out = 0;
    PGC_TRY(const Drift drift, find_drift(copy.place, dsn_of(copy), "", progress, tenants, left_out));
    std::vector<std::string> heads;
    for (const auto& set : drift.sets) {
      for (const auto& group : set.groups)
        return found(fmt::format("{} of {} tenants differ from {}, such as {}", group.schemas.size(), tenants,
                                 set.reference, group.schemas.front()));
      heads.insert(heads.end(), set.heads.begin(), set.heads.end());
    }
    check.found = fmt::format("{} tenants, one catalog fingerprint each at Alembic head {}", tenants,
                              heads.empty() ? "none" : fmt::format("{}", fmt::join(heads, ", ")));
    if (drift.sets.size() > 1)
      return found(fmt::format("{} tenants stand at {} different heads of Alembic", tenants, drift.sets.size()));
    return {};
  });
}

// Settings of the scratch server are its own; what is in the database came with the copy.
bool is_of_the_data(std::string_view clause) {
  return clause.starts_with("schema.") || clause.starts_with("tenancy.") || clause.starts_with("migrations.") ||
         clause == "contract.ledger";
}

std::set<std::string> broken_clauses(const World& world) {
  std::set<std::string> broken;
  for (const auto& clause : world.verdicts.clauses)
    if (clause.verdict == pgcontract::Verdict::Broken && is_of_the_data(clause.clause)) broken.insert(clause.clause);
  return broken;
}

// Deleted tenants who are back are told of by themselves; everything else must be as it is on the live cluster.
Check prove_clauses(const Copy& copy, const World& world) {
  return judged_by("clauses", [&](Check& check) -> Result<void> {
    auto broken = broken_clauses(world);
    broken.erase("tenancy.deleted_stay_deleted");
    if (!broken.empty() && copy.live)
      if (const auto live = look(copy.place, *copy.live))
        for (const auto& clause : broken_clauses(*live)) broken.erase(clause);
    const std::string names = fmt::format("{}", fmt::join(broken, ", "));
    std::size_t examined = 0;
    for (const auto& clause : world.verdicts.clauses) examined += is_of_the_data(clause.clause);
    check.found = fmt::format("{} clauses about schemas, tenants and migrations", examined);
    if (broken.empty()) return {};
    if (copy.newest) return found("broken in the copy, and not on the live cluster: " + names);
    not_judged(check, "at that moment these did not hold yet: " + names);
    return {};
  });
}

Check prove_apart(const Copy& copy) {
  return judged_by("isolation", [&](Check& check) -> Result<void> {
    PGC_TRY(auto connection, postgres::Connection::open(dsn_of(copy)));
    PGC_TRY(Observation observation, observe::observe_reach(connection, copy.place.contract));
    PGC_TRY(const Proof proof, prove_isolation(connection, copy.place.contract, observation, std::nullopt));
    if (proof.holds()) {
      check.found = "no tenant reaches another's rows";
      return {};
    }
    const std::string what = fmt::format("{} ways from one tenant to another, the gravest breaks {}",
                                         proof.breaks.size(), proof.breaks.front().clause);
    if (copy.newest) return found(what);
    not_judged(check, "at that moment: " + what);
    return {};
  });
}

// Rows of the live ledger that were there before the copy's last commit must be in the copy.
Check prove_ledger(const Copy& copy) {
  return judged_by("ledger", [&](Check& check) -> Result<void> {
    constexpr auto kHas = "SELECT pg_catalog.to_regclass('pgcontract.evidence') IS NOT NULL";
    if (!copy.live) {
      not_judged(check, "the live cluster cannot be reached, so there is nothing to compare with");
      return {};
    }
    PGC_TRY(auto restored, postgres::Connection::open(dsn_of(copy)));
    auto live = postgres::Connection::open(*copy.live);
    if (!live) {
      not_judged(check, "the live cluster cannot be reached: " + live.error().message);
      return {};
    }
    PGC_TRY(const auto here, restored.query(kHas));
    PGC_TRY(const auto there, live->query(kHas));
    if (here.at(0, 0) != "t" || there.at(0, 0) != "t") {
      not_judged(check, "there is no ledger on both sides");
      return {};
    }
    PGC_TRY(const auto on,
            live->query("SELECT c.timeline_id::pg_catalog.int4 FROM pg_catalog.pg_control_checkpoint() AS c"));
    if (const auto theirs = on.at(0, 0); theirs != std::to_string(copy.plan.timeline)) {
      not_judged(check, fmt::format("the copy is of timeline {}, the live cluster writes timeline {}",
                                    copy.plan.timeline, theirs));
      return {};
    }
    if (!copy.server.replay().commit && copy.plan.backup().finished_at == Instant{}) {
      not_judged(check, "the moment of the copy is not known");
      return {};
    }
    // A row's time is its transaction's beginning; the margin is for those that were under way.
    const Instant moment = copy.server.replay().commit.value_or(copy.plan.backup().started_at);
    constexpr auto kRows =
        "SELECT pg_catalog.count(*), pg_catalog.max(e.id) FROM pgcontract.evidence AS e WHERE e.recorded_at "
        "OPERATOR(pg_catalog.<=) ($1::pg_catalog.timestamptz OPERATOR(pg_catalog.-) '2 s'::pg_catalog.interval)";
    PGC_TRY(const auto ours, restored.query(kRows, {format_instant(moment)}));
    PGC_TRY(const auto theirs, live->query(kRows, {format_instant(moment)}));
    if (ours.at(0, 0) != theirs.at(0, 0))
      return found(fmt::format("of {} ledger rows from before {} the copy has {}", theirs.at(0, 0),
                               format_instant(moment), ours.at(0, 0)));
    PGC_TRY(const auto beat,
            restored.query("SELECT h.source, h.beat_at::pg_catalog.text FROM pgcontract.heartbeat AS h "
                           "ORDER BY h.beat_at DESC LIMIT 1"));
    check.found =
        fmt::format("{} rows of the ledger, as on the live cluster{}", ours.at(0, 0),
                    beat.empty() ? "" : fmt::format("; newest heartbeat: {}, {}", beat.at(0, 0), beat.at(0, 1)));
    return {};
  });
}

Check prove_tombstones(const Copy& copy, const World& world) {
  return judged_by("tombstones", [&](Check& check) -> Result<void> {
    const auto risen = tenancy::risen(copy.place.contract, world.observation);
    check.found = risen.empty() ? "no deleted tenant is back"
                                : fmt::format(
                                      "{} deleted tenants are back, as the moment is before their deletion: after a "
                                      "restore, pgcontract tenant delete --replay",
                                      risen.size());
    return {};
  });
}

Result<std::string> answer(postgres::Connection& connection, const Invariant& invariant, const std::string& schema) {
  PGC_CHECK(connection.execute("BEGIN READ ONLY"));
  if (!schema.empty())
    PGC_CHECK(connection.execute(fmt::format("SET LOCAL search_path = {}, pg_catalog", pgcontract::quoted(schema))));
  const auto rows = connection.query(invariant.sql);
  PGC_CHECK(connection.execute("ROLLBACK"));
  if (!rows) return tl::unexpected(rows.error());
  if (rows->size() != 1 || rows->columns() != 1)
    return fail(ErrorCode::InvalidInput,
                fmt::format("it answers {} rows of {} columns, not one value", rows->size(), rows->columns()));
  return std::string(rows->is_null(0, 0) ? "null" : rows->at(0, 0));
}

Check prove_invariant(const Copy& copy, const World& world, const Invariant& invariant) {
  return judged_by("invariant " + invariant.name, [&](Check& check) -> Result<void> {
    PGC_TRY(auto connection, postgres::Connection::open(dsn_of(copy)));
    std::vector<std::string> schemas{""};
    if (invariant.each_tenant) {
      schemas.clear();
      for (const auto& schema : world.observation.schemas)
        if (copy.place.contract.tenancy && copy.place.contract.tenancy->tenant_of_schema(schema.name))
          schemas.emplace_back(schema.name);
    }
    const std::string expected = invariant.expect.empty() ? "t" : invariant.expect;
    for (const auto& schema : schemas) {
      auto value = answer(connection, invariant, schema);
      if (!value) return schema.empty() ? tl::unexpected(value.error()) : with_context(value.error(), schema);
      if (*value != expected)
        return found(fmt::format("{}answers {}, expected {}", schema.empty() ? "" : schema + " ", *value, expected));
    }
    check.found = invariant.each_tenant ? fmt::format("{} in each of {} tenants", expected, schemas.size()) : expected;
    return {};
  });
}

}  // namespace

Check prove_replay(const Copy& copy, const restore::Fed& fed) {
  return judged_by("replay", [&](Check& check) -> Result<void> {
    const auto& replay = copy.server.replay();
    check.found = fmt::format("{} WAL segments, from {} to {}{}", fed.segments, walg::lsn_text(replay.from),
                              walg::lsn_text(replay.to), replay.stopped.empty() ? "" : ", stopped " + replay.stopped);
    if (replay.to == 0) return found("the log does not tell that WAL was replayed");
    // "redo done at" is where the last record begins.
    if (copy.target.kind == restore::Target::Kind::Lsn && replay.stopped.empty())
      return found("recovery did not stop at the target");
    if (copy.target.kind == restore::Target::Kind::Latest &&
        replay.to / copy.archive.segment_size < copy.plan.last_segment)
      return found(
          fmt::format("replay ended at {}, before the archive's newest segment {}", walg::lsn_text(replay.to),
                      walg::segment_name({copy.plan.timeline, copy.plan.last_segment}, copy.archive.segment_size)));
    return {};
  });
}

std::vector<Check> prove_contents(const Copy& copy, report::Progress& progress) {
  std::vector<Check> checks;
  const auto step = [&](Check check) {
    progress.begin("proving the copy: " + check.name, 0);
    checks.push_back(std::move(check));
  };
  World world;
  step(judged_by("catalog", [&](Check& check) -> Result<void> {
    PGC_TRY(world, look(copy.place, dsn_of(copy)));
    check.found =
        fmt::format("{} schemas, {} relations", world.observation.schemas.size(), world.observation.relations.size());
    return {};
  }));
  if (checks.back().verdict == Verdict::Failed) return checks;
  step(prove_clauses(copy, world));
  step(prove_ledger(copy));
  if (copy.place.contract.tenancy) {
    step(prove_tenants(copy, progress));
    step(prove_apart(copy));
    step(prove_tombstones(copy, world));
  }
  if (const auto& promise = copy.place.contract.backup)
    for (const auto& invariant : promise->invariants) step(prove_invariant(copy, world, invariant));
  return checks;
}

}  // namespace pgcontract::command
