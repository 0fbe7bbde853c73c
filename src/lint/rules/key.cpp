// Constraints: added so that old rows are checked beside the traffic.
#include <fmt/format.h>

#include <algorithm>

#include "lint/rules/subjects.hpp"

namespace pgcontract::lint {
namespace {

// Each key that is added to a table in use by ALTER TABLE.
void each_added(const ActContext& c, const std::function<void(const KeySpec&)>& visit) {
  if ((c.act.kind != ActKind::AddKey && c.act.kind != ActKind::AddColumn) || c.is_new()) return;
  const Table* table = c.table();
  if (c.act.kind == ActKind::AddColumn && c.act.guarded && table && table->column(c.act.column)) return;
  for (const auto& key : c.act.keys) visit(key);
}

void check_at_once(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::AddKey) return;
  each_added(c, [&](const KeySpec& key) {
    if (key.kind != KeyKind::Check || !key.validated) return;
    out.push_back({.message = "the check reads the whole table under ACCESS EXCLUSIVE",
                   .table = c.label(),
                   .part = key.name,
                   .consider = fmt::format(
                       "ADD CONSTRAINT {} CHECK (…) NOT VALID; VALIDATE CONSTRAINT in the next revision", key.name)});
  });
}

void foreign_key_at_once(const ActContext& c, Founds& out) {
  each_added(c, [&](const KeySpec& key) {
    const bool new_column = c.act.kind == ActKind::AddColumn && !c.act.columns.front().has_default;
    if (key.kind != KeyKind::ForeignKey || !key.validated || new_column) return;
    out.push_back(
        {.message = fmt::format("the foreign key reads the whole table while neither it nor {} can be written",
                                key.referenced.text()),
         .table = c.label(),
         .part = key.name,
         .consider = fmt::format("ADD CONSTRAINT {} FOREIGN KEY … NOT VALID; VALIDATE CONSTRAINT in the next "
                                 "revision",
                                 key.name)});
  });
}

void unique_blocks(const ActContext& c, Founds& out) {
  each_added(c, [&](const KeySpec& key) {
    if ((key.kind != KeyKind::Unique && key.kind != KeyKind::Primary) || key.using_index) return;
    out.push_back({.message = "its index is built under ACCESS EXCLUSIVE: nobody can even read the table meanwhile",
                   .table = c.label(),
                   .part = key.name,
                   .consider = fmt::format(
                       "CREATE UNIQUE INDEX CONCURRENTLY first, then ADD CONSTRAINT {} {} USING INDEX",
                       key.name.empty() ? "…" : key.name, key.kind == KeyKind::Primary ? "PRIMARY KEY" : "UNIQUE")});
  });
}

void exclusion_blocks(const ActContext& c, Founds& out) {
  each_added(c, [&](const KeySpec& key) {
    if (key.kind != KeyKind::Exclusion) return;
    out.push_back({.message = "an exclusion constraint is built under ACCESS EXCLUSIVE, and cannot be NOT VALID",
                   .table = c.label(),
                   .part = key.name});
  });
}

// NOT VALID and VALIDATE in one transaction: the strong lock of the first is held through the scan of the second.
void validated_at_once(const RevisionContext& c, Founds& out) {
  struct Added {
    std::string table;
    std::string name;
    int transaction;
  };
  std::vector<Added> added;
  c.each_act([&](const ActContext& at) {
    if (at.act.kind == ActKind::AddKey && !at.is_new())
      for (const auto& key : at.act.keys)
        if (!key.validated) added.push_back({at.label(), key.name, at.statement.transaction});
    if (at.act.kind != ActKind::ValidateKey || !at.statement.transactional) return;
    for (const auto& entry : added)
      if (entry.table == at.label() && entry.name == at.act.name && entry.transaction == at.statement.transaction)
        out.push_back({.message = "is validated in the transaction that adds it, which still holds its lock: NOT VALID "
                                  "has gained nothing",
                       .table = entry.table,
                       .part = entry.name,
                       .consider = "VALIDATE CONSTRAINT in a revision of its own",
                       .where = at.statement.where(*c.revision.input, c.revision.outline.upgrade, {at.act.name})});
  });
}

bool leads(const std::vector<std::string>& index, const std::vector<std::string>& key) {
  if (index.size() < key.size()) return false;
  return std::all_of(index.begin(), index.begin() + static_cast<long>(key.size()),
                     [&](const auto& column) { return std::ranges::find(key, column) != key.end(); });
}

void unindexed(const TableContext& c, Founds& out) {
  if (c.table.partition) return;  // its parent is judged
  for (const auto& key : c.table.keys) {
    if (key.kind != KeyKind::ForeignKey) continue;
    const bool served = std::ranges::any_of(c.table.indexes, [&](const IndexSpec& index) {
      return index.valid && !index.partial && leads(index.columns, key.columns);
    });
    if (served) continue;
    out.push_back({.message = fmt::format("no index begins with ({}): each DELETE in {} reads the whole table",
                                          fmt::join(key.columns, ", "), key.referenced.text()),
                   .table = c.table.name.text(),
                   .part = key.name.empty() ? key.columns.front() : key.name,
                   .revision = key.origin.revision,
                   .where = key.origin.where});
  }
}

void left_not_valid(const TableContext& c, Founds& out) {
  for (const auto& key : c.table.keys)
    if (!key.validated)
      out.push_back({.message = "was added NOT VALID and nothing validates it: what old rows hold is not known",
                     .table = c.table.name.text(),
                     .part = key.name,
                     .consider = fmt::format("ALTER TABLE {} VALIDATE CONSTRAINT {}", c.table.name.text(), key.name),
                     .revision = key.origin.revision,
                     .where = key.origin.where});
}

void no_primary_key(const TableContext& c, Founds& out) {
  if (c.table.partition || c.table.columns.empty()) return;
  if (std::ranges::find(c.table.keys, KeyKind::Primary, &KeySpec::kind) != c.table.keys.end()) return;
  out.push_back({.message = "has no primary key",
                 .table = c.table.name.text(),
                 .revision = c.table.origin.revision,
                 .where = c.table.origin.where});
}

void unnamed(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::AddKey) return;
  for (const auto& key : c.act.keys)
    if (key.name.empty())
      out.push_back({.message = "the constraint has no name of its own: a downgrade can only guess what it is called",
                     .table = c.label()});
}

}  // namespace

std::span<const Rule> key_rules() {
  static const Rule kRules[] = {
      {.id = "lint.constraint_validates_at_once",
       .title = "checks are added NOT VALID",
       .why = "ADD CONSTRAINT … CHECK reads every row while nobody can read or write the table.",
       .instead =
           "NOT VALID, which holds for new rows at once; VALIDATE CONSTRAINT later needs a lock that stops nobody.",
       .severity = Severity::Error,
       .weighed = true,
       .claim = Claim::Scan,
       .act = check_at_once},
      {.id = "lint.foreign_key_validates_at_once",
       .title = "foreign keys are added NOT VALID",
       .why = "Every row is looked up in the other table while both refuse writes.",
       .instead = "NOT VALID, then VALIDATE CONSTRAINT in the next revision.",
       .severity = Severity::Error,
       .weighed = true,
       .claim = Claim::Scan,
       .act = foreign_key_at_once},
      {.id = "lint.unique_constraint_blocks",
       .title = "unique and primary keys are made of an index that is there",
       .why = "ADD CONSTRAINT … UNIQUE builds its index under ACCESS EXCLUSIVE; CREATE UNIQUE INDEX CONCURRENTLY does "
              "not.",
       .instead = "CREATE UNIQUE INDEX CONCURRENTLY, then ADD CONSTRAINT … USING INDEX, which takes a moment.",
       .severity = Severity::Error,
       .weighed = true,
       .claim = Claim::Lock,
       .act = unique_blocks},
      {.id = "lint.exclusion_constraint_blocks",
       .title = "no exclusion constraint is added to a table in use",
       .why = "There is no way to build one beside the traffic.",
       .instead = "Make it with the table, or in a window when nobody uses it.",
       .severity = Severity::Error,
       .weighed = true,
       .claim = Claim::Lock,
       .act = exclusion_blocks},
      {.id = "lint.validated_in_same_transaction",
       .title = "a constraint is validated in a later transaction than it is added",
       .why =
           "The lock of ADD CONSTRAINT is held until the transaction ends: the scan that NOT VALID put off runs under "
           "it after all.",
       .instead = "Two revisions; or `transaction_per_migration` and an autocommit_block() around VALIDATE.",
       .severity = Severity::Error,
       .revision = validated_at_once},
      {.id = "lint.constraint_without_name",
       .title = "each constraint that is added later has a name",
       .why = "DROP CONSTRAINT IF EXISTS, which makes adding it repeatable, needs the name; so does the downgrade.",
       .instead = "ADD CONSTRAINT with a name, or a naming_convention in the models' MetaData.",
       .severity = Severity::Warning,
       .act = unnamed},
  };
  return kRules;
}

// Of the tables that come out of it.
std::span<const Rule> key_state_rules() {
  static const Rule kRules[] = {
      {.id = "lint.unindexed_foreign_key",
       .title = "an index begins with the columns of each foreign key",
       .why =
           "When a row of the other table is deleted, the server looks for rows that refer to it: without an index by "
           "reading the whole table, once for each row deleted.",
       .instead = "An index on the key's columns, or a primary key that begins with them.",
       .severity = Severity::Warning,
       .table = unindexed},
      {.id = "lint.constraint_left_not_valid",
       .title = "each constraint is validated in the end",
       .why = "The planner does not trust a constraint that is NOT VALID, and neither should people.",
       .instead = "VALIDATE CONSTRAINT, which stops nobody, in a later revision.",
       .severity = Severity::Warning,
       .table = left_not_valid},
      {.id = "lint.no_primary_key",
       .title = "each table is made with a primary key",
       .why = "Without one a published table refuses UPDATE and DELETE, and rows cannot be told apart.",
       .instead = "A primary key in CREATE TABLE. The clause schema.primary_key judges the live schema.",
       .severity = Severity::Error,
       .table = no_primary_key},
  };
  return kRules;
}

}  // namespace pgcontract::lint
