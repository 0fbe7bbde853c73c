// Maintenance that stops a table: it belongs into a window, or has a form that does not.
#include <fmt/format.h>

#include "lint/rules/subjects.hpp"

namespace pgcontract::lint {
namespace {

void vacuum_full(const ActContext& c, Founds& out) {
  if (c.act.kind == ActKind::Vacuum && c.act.full)
    out.push_back({.message = "VACUUM FULL writes the table anew under ACCESS EXCLUSIVE", .table = c.label()});
}

void cluster(const ActContext& c, Founds& out) {
  if (c.act.kind == ActKind::Cluster)
    out.push_back({.message = "CLUSTER writes the table anew under ACCESS EXCLUSIVE", .table = c.label()});
}

void reindex(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::Reindex || c.act.concurrently) return;
  const auto touched = touches(c.act, c.before);
  out.push_back({.message = "REINDEX stops all writes, and reads by the index, until it is done",
                 .table = c.before.label(touched.front().relation),
                 .consider = "REINDEX … CONCURRENTLY, in an autocommit_block()"});
}

void storage(const ActContext& c, Founds& out) {
  if (c.act.kind == ActKind::Storage && !c.is_new())
    out.push_back(
        {.message = fmt::format("{} writes the table anew under ACCESS EXCLUSIVE", c.act.name), .table = c.label()});
}

void refresh(const ActContext& c, Founds& out) {
  if (c.act.kind == ActKind::Refresh && !c.act.concurrently)
    out.push_back({.message = "nobody can read the view until it is computed",
                   .table = c.label(),
                   .consider = fmt::format("REFRESH MATERIALIZED VIEW CONCURRENTLY {}, which needs a unique index",
                                           c.act.relation.text())});
}

void attach(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::Attach || c.is_new(c.act.others.front())) return;
  const std::string partition = c.before.label(c.act.others.front());
  out.push_back({.message = "is read as a whole under ACCESS EXCLUSIVE, unless a CHECK proves the partition's bounds",
                 .table = partition,
                 .consider = fmt::format("ALTER TABLE {} ADD CONSTRAINT … CHECK (the bounds) NOT VALID; VALIDATE; then "
                                         "ATTACH",
                                         partition)});
}

void detach(const ActContext& c, Founds& out) {
  if (c.act.kind == ActKind::Detach && !c.act.concurrently && !c.is_new())
    out.push_back({.message = "DETACH takes ACCESS EXCLUSIVE on the whole partitioned table",
                   .table = c.label(),
                   .part = c.act.others.front().name,
                   .consider = "DETACH PARTITION … CONCURRENTLY, in an autocommit_block()"});
}

void lock_table(const ActContext& c, Founds& out) {
  if (c.act.kind == ActKind::LockTable && c.act.lock >= Lock::Share)
    out.push_back({.message = fmt::format("is locked in {} mode until the transaction ends", to_string(c.act.lock)),
                   .table = c.label()});
}

void trigger(const ActContext& c, Founds& out) {
  if (c.act.kind == ActKind::CreateTrigger && !c.is_new())
    out.push_back({.message = "the trigger is made under SHARE ROW EXCLUSIVE, and slows each write from then on",
                   .table = c.label(),
                   .part = c.act.name});
}

}  // namespace

std::span<const Rule> rewrite_rules() {
  static const Rule kRules[] = {
      {.id = "lint.vacuum_full",
       .title = "no revision runs VACUUM FULL",
       .why = "It copies the table while nobody can use it, needs room for both, and cannot run in a transaction.",
       .instead = "Plain VACUUM, which autovacuum does; pg_repack where the space must come back.",
       .severity = Severity::Error,
       .weighed = true,
       .act = vacuum_full},
      {.id = "lint.cluster",
       .title = "no revision runs CLUSTER",
       .why = "It copies the table in the order of an index while nobody can use it, and the order is lost again.",
       .instead = "An index that covers the query; pg_repack where the order matters.",
       .severity = Severity::Error,
       .weighed = true,
       .act = cluster},
      {.id = "lint.reindex_blocks",
       .title = "indexes are rebuilt CONCURRENTLY",
       .why = "REINDEX stops every write of the table and every query that plans with the index.",
       .instead = "REINDEX … CONCURRENTLY, as maintenance and not as a migration.",
       .severity = Severity::Error,
       .weighed = true,
       .act = reindex},
      {.id = "lint.storage_rewrites",
       .title = "no revision moves a table in use to other storage",
       .why = "SET TABLESPACE, LOGGED, UNLOGGED and ACCESS METHOD copy the table under ACCESS EXCLUSIVE.",
       .instead = "A window, or a new table filled in batches.",
       .severity = Severity::Error,
       .weighed = true,
       .act = storage},
      {.id = "lint.refresh_blocks_readers",
       .title = "materialized views are refreshed CONCURRENTLY",
       .why = "Readers of the view wait for as long as its query takes.",
       .instead = "A unique index on the view, and REFRESH … CONCURRENTLY.",
       .severity = Severity::Warning,
       .weighed = true,
       .act = refresh},
      {.id = "lint.attach_scans",
       .title = "a partition's bounds are proved before it is attached",
       .why = "ATTACH PARTITION reads the whole new partition, and the default partition, under ACCESS EXCLUSIVE.",
       .instead = "A CHECK constraint that says the same, validated before.",
       .severity = Severity::Warning,
       .weighed = true,
       .act = attach},
      {.id = "lint.detach_blocks",
       .title = "partitions are detached CONCURRENTLY",
       .why = "DETACH waits for every query on the partitioned table, and all later ones wait for it.",
       .instead = "DETACH PARTITION … CONCURRENTLY (PostgreSQL 14 and later), outside of a transaction.",
       .severity = Severity::Warning,
       .weighed = true,
       .act = detach},
      {.id = "lint.lock_table",
       .title = "no revision locks a table by hand",
       .why = "LOCK TABLE holds until the transaction ends, whatever else stands in it.",
       .instead = "Let each statement take the lock that it needs.",
       .severity = Severity::Warning,
       .weighed = true,
       .act = lock_table},
      {.id = "lint.trigger_on_used_table",
       .title = "no trigger is put on a table in use unnoticed",
       .why = "CREATE TRIGGER waits for every writer, and what the trigger does happens to every later write.",
       .instead = "Make it with the table, or say in the revision what it costs.",
       .severity = Severity::Note,
       .weighed = true,
       .act = trigger},
  };
  return kRules;
}

}  // namespace pgcontract::lint
