// Indexes: built and dropped beside the traffic, not in its way.
#include <fmt/format.h>

#include <algorithm>

#include "lint/rules/subjects.hpp"

namespace pgcontract::lint {
namespace {

void blocks_writes(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::CreateIndex || c.act.concurrently || c.is_new()) return;
  if (c.act.guarded && c.before.of_index(c.act.name)) return;
  out.push_back({.message = "the index is built while nobody can write to the table (SHARE lock)",
                 .table = c.label(),
                 .part = c.act.name,
                 .consider = fmt::format("CREATE INDEX CONCURRENTLY {}…, in op.get_context().autocommit_block()",
                                         c.act.name.empty() ? "" : c.act.name + " ")});
}

void drop_blocks(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::Drop || c.act.object != "index" || c.act.concurrently) return;
  const Table* table = c.before.of_index(c.act.relation.name);
  if (table && c.is_new(table->name)) return;
  out.push_back({.message = "the index is dropped under an ACCESS EXCLUSIVE lock of its table, which waits for every "
                            "reader and makes the next ones wait",
                 .table = table ? table->name.text() : c.label(),
                 .part = c.act.relation.name,
                 .consider = fmt::format("DROP INDEX CONCURRENTLY {}", c.act.relation.name)});
}

void in_transaction(const ActContext& c, Founds& out) {
  if (!c.act.concurrently || !c.statement.transactional) return;
  if (c.act.kind == ActKind::Refresh) return;  // allowed there
  out.push_back({.message = "CONCURRENTLY cannot run in a transaction: the server refuses it",
                 .table = c.label(),
                 .part = c.act.name,
                 .consider = "with op.get_context().autocommit_block(): …"});
}

void unnamed(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::CreateIndex || !c.act.name.empty()) return;
  out.push_back({.message = "the index has no name of its own: the server chooses one, and a downgrade can only guess",
                 .table = c.label()});
}

void wide(const TableContext& c, Founds& out) {
  constexpr std::size_t kMost = 3;
  for (const auto& index : c.table.indexes)
    if (!index.unique && index.columns.size() > kMost)
      out.push_back({.message = fmt::format("has {} columns and is not unique", index.columns.size()),
                     .table = c.table.name.text(),
                     .part = index.name,
                     .revision = index.origin.revision,
                     .where = index.origin.where});
}

// The other begins with the same columns, and finds all that this one finds.
void duplicate(const TableContext& c, Founds& out) {
  const auto comparable = [](const IndexSpec& i) {
    return i.plain && !i.partial && i.valid && std::ranges::find(i.columns, "") == i.columns.end();
  };
  const auto& all = c.table.indexes;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!comparable(all[i]) || all[i].unique) continue;
    for (std::size_t k = 0; k < all.size(); ++k) {
      if (k == i || !comparable(all[k]) || all[k].columns.size() < all[i].columns.size()) continue;
      if (all[k].columns.size() == all[i].columns.size() && !all[k].unique && k > i) continue;  // reported once
      if (!std::equal(all[i].columns.begin(), all[i].columns.end(), all[k].columns.begin())) continue;
      out.push_back({.message = fmt::format("is the beginning of {}, which serves the same queries",
                                            all[k].name.empty() ? "another index" : all[k].name),
                     .table = c.table.name.text(),
                     .part = all[i].name,
                     .revision = all[i].origin.revision,
                     .where = all[i].origin.where});
      break;
    }
  }
}

void invalid(const TableContext& c, Founds& out) {
  for (const auto& index : c.table.indexes)
    if (!index.valid)
      out.push_back({.message = "is invalid: a CONCURRENTLY that failed left it, and IF NOT EXISTS steps over it",
                     .table = c.table.name.text(),
                     .part = index.name,
                     .consider = fmt::format("REINDEX INDEX CONCURRENTLY {}", index.name),
                     .revision = index.origin.revision,
                     .where = index.origin.where});
}

}  // namespace

std::span<const Rule> index_rules() {
  static const Rule kRules[] = {
      {.id = "lint.index_blocks_writes",
       .title = "indexes of tables in use are built CONCURRENTLY",
       .why =
           "CREATE INDEX holds a SHARE lock for as long as it reads the table: every INSERT, UPDATE and DELETE waits, "
           "and behind them the service.",
       .instead =
           "CREATE INDEX CONCURRENTLY IF NOT EXISTS in an autocommit_block(), in a revision of its own. `migrate "
           "up` drops and rebuilds it where an earlier attempt left it invalid.",
       .severity = Severity::Error,
       .weighed = true,
       .claim = Claim::Lock,
       .act = blocks_writes},
      {.id = "lint.index_drop_blocks",
       .title = "indexes are dropped CONCURRENTLY",
       .why = "DROP INDEX is quick, but takes ACCESS EXCLUSIVE on the table: while it waits for one long query, all "
              "later queries wait for it.",
       .instead = "DROP INDEX CONCURRENTLY IF EXISTS in an autocommit_block().",
       .severity = Severity::Warning,
       .weighed = true,
       .claim = Claim::Lock,
       .act = drop_blocks},
      {.id = "lint.concurrently_in_transaction",
       .title = "CONCURRENTLY stands outside of transactions",
       .why =
           "The server refuses CREATE INDEX CONCURRENTLY within a transaction: the migration fails the first time it "
           "runs, on every schema.",
       .instead = "Put it into `with op.get_context().autocommit_block():`.",
       .severity = Severity::Error,
       .act = in_transaction},
      {.id = "lint.index_without_name",
       .title = "each index has a name",
       .why = "Without a name IF NOT EXISTS is not allowed, the downgrade cannot name what it drops, and two databases "
              "may choose different names.",
       .instead = "Name it, for example ix_reports__title.",
       .severity = Severity::Warning,
       .act = unnamed},
      {.id = "lint.wide_index",
       .title = "indexes that are not unique have at most three columns",
       .why =
           "Each further column makes the index larger and every write slower, and helps only queries that filter by "
           "all columns before it.",
       .instead = "Lead with the columns of most selectivity and leave the rest to the table, or INCLUDE them.",
       .severity = Severity::Note,
       .table = wide},
      {.id = "lint.duplicate_index",
       .title = "no index is the beginning of another",
       .why = "It costs every write and serves no query that the longer one does not serve.",
       .instead = "Drop it, CONCURRENTLY.",
       .severity = Severity::Warning,
       .table = duplicate},
      {.id = "lint.invalid_index",
       .title = "no index is invalid",
       .why =
           "An index that CREATE INDEX CONCURRENTLY could not finish is kept up by every write and used by no query; "
           "a unique one does not keep its promise.",
       .instead = "REINDEX INDEX CONCURRENTLY, or drop it and build it again.",
       .severity = Severity::Error,
       .needs_server = true,
       .table = invalid},
  };
  return kRules;
}

}  // namespace pgcontract::lint
