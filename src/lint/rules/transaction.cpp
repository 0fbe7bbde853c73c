// What stands together in one transaction, and for how long its locks are held.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "lint/effects.hpp"
#include "lint/lint.hpp"
#include "lint/rules/subjects.hpp"

namespace pgcontract::lint {
namespace {

// Tables in use that the act locks at least so strongly.
std::vector<std::string> locked(const ActContext& c, Lock least) {
  std::vector<std::string> out;
  if (is_observed(c.statement.effect)) {
    for (const auto& lock : c.statement.effect->locks)
      if (!lock.made && lock_named(lock.mode) >= least && c.before.find(label_of(lock.relation)))
        out.push_back(c.before.label(label_of(lock.relation)));
    return out;
  }
  for (const auto& touch : touches(c.act, c.before))
    if (touch.lock >= least && !c.is_new(touch.relation) && !touch.relation.name.empty())
      out.push_back(c.before.label(touch.relation));
  return out;
}

std::string place(const ActContext& c, const std::string& word) {
  return c.statement.where(*c.revision.input, c.revision.outline.upgrade, {word});
}

void several_locks(const RevisionContext& c, Founds& out) {
  std::map<int, std::vector<std::pair<std::string, std::string>>> by_transaction;  // table, where
  c.each_act([&](const ActContext& at) {
    if (!at.statement.transactional) return;
    auto& tables = by_transaction[at.statement.transaction];
    for (const auto& table : locked(at, Lock::AccessExclusive))
      if (std::ranges::find(tables, table, &std::pair<std::string, std::string>::first) == tables.end())
        tables.emplace_back(table, place(at, table));
  });
  for (const auto& [transaction, tables] : by_transaction) {
    if (tables.size() < 2) continue;
    std::string names;
    for (const auto& [table, where] : tables) names += (names.empty() ? "" : ", ") + table;
    out.push_back(
        {.message = fmt::format("one transaction holds ACCESS EXCLUSIVE on {} tables in use: {}", tables.size(), names),
         .table = tables[1].first,
         .consider = "a revision a table",
         .where = tables[1].second});
  }
}

void rows_with_lock(const RevisionContext& c, Founds& out) {
  std::map<int, std::string> locks;  // by transaction: the first table locked
  std::set<int> told;
  c.each_act([&](const ActContext& at) {
    if (!at.statement.transactional) return;
    const bool many = at.act.kind == ActKind::Update || at.act.kind == ActKind::Delete ||
                      (at.act.kind == ActKind::Insert && at.act.from_query);
    const auto lock = locks.find(at.statement.transaction);
    if (many && lock != locks.end() && !at.is_new() && told.insert(at.statement.transaction).second)
      out.push_back(
          {.message = fmt::format("rows are moved while the transaction holds ACCESS EXCLUSIVE on {}", lock->second),
           .table = at.label(),
           .consider = "a revision of its own, in batches",
           .where = place(at, at.act.relation.name)});
    for (const auto& table : locked(at, Lock::AccessExclusive)) locks.try_emplace(at.statement.transaction, table);
  });
}

void whole_table(const ActContext& c, Founds& out) {
  if ((c.act.kind != ActKind::Update && c.act.kind != ActKind::Delete) || c.act.has_where || c.is_new()) return;
  out.push_back({.message = fmt::format("{} without WHERE writes every row in one transaction",
                                        c.act.kind == ActKind::Update ? "UPDATE" : "DELETE"),
                 .table = c.label(),
                 .consider = "batches by key, each committed"});
}

void enum_value_used(const RevisionContext& c, Founds& out) {
  struct Added {
    std::string value;
    int transaction;
  };
  std::vector<Added> added;
  for (const auto& statement : c.revision.statements) {
    for (const auto& entry : added)
      if (statement.transactional && statement.transaction == entry.transaction &&
          statement.parsed.text.find("'" + entry.value + "'") != std::string::npos)
        out.push_back(
            {.message = fmt::format("the enum's value '{}' is used in the transaction that adds it: the server "
                                    "refuses",
                                    entry.value),
             .consider = "add the value in a revision before",
             .where = statement.where(*c.revision.input, c.revision.outline.upgrade, {entry.value})});
    for (const auto& act : statement.parsed.acts)
      if (act.kind == ActKind::EnumValue && statement.transactional) added.push_back({act.name, statement.transaction});
  }
}

// Locks are taken by waiting; without a limit everybody queues behind the one who waits.
void no_limit(const RevisionContext& c, Founds& out) {
  c.each_act([&](const ActContext& at) {
    if (at.act.kind == ActKind::Setting && at.act.name == "lock_timeout" &&
        (at.act.value == "0" || at.act.value.empty()))
      out.push_back({.message = "takes the limit off how long it waits for a lock",
                     .severity = Severity::Error,
                     .where = place(at, "lock_timeout")});
  });
}

void unlimited_without_us(const HistoryContext& c, Founds& out) {
  std::size_t count = 0;
  std::string first;
  for (const auto& revision : c.history.revisions) {
    if (!revision.judged || revision.statements.empty()) continue;
    const bool limited = std::ranges::any_of(revision.statements, [](const auto& statement) {
      return statement.text.find("lock_timeout") != std::string::npos;
    });
    if (limited) continue;
    ++count;
    if (first.empty()) first = revision.revision->file;
  }
  if (count > 0)
    out.push_back(
        {.message = fmt::format("{} revisions set no lock_timeout: `migrate up` sets one, `alembic upgrade` by "
                                "hand waits for ever",
                                count),
         .table = c.history.graph->section,
         .where = first,
         .kind = "history"});
}

void session_setting(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::Setting || c.act.local || c.act.name.empty()) return;
  if (c.act.name == "lock_timeout" && !c.act.value.empty() && c.act.value != "0") return;
  out.push_back({.message = fmt::format("SET {} outlives the transaction: the next schema on the connection has it too",
                                        c.act.name),
                 .consider = fmt::format("SET LOCAL {} …", c.act.name)});
}

// Half of it committed: where the second half fails, the version row says that nothing was done.
void mixed(const RevisionContext& c, Founds& out) {
  std::size_t outside = 0;
  std::size_t inside = 0;
  std::string where;
  for (const auto& statement : c.revision.statements) {
    (statement.transactional ? inside : outside) += 1;
    if (!statement.transactional && where.empty())
      where = statement.where(*c.revision.input, c.revision.outline.upgrade, {});
  }
  if (outside > 0 && inside > 0)
    out.push_back({.message = fmt::format("{} statements run in transactions and {} outside of any: a failure between "
                                          "them leaves half of the revision done",
                                          inside, outside),
                   .where = where});
}

}  // namespace

std::span<const Rule> transaction_rules() {
  static const Rule kRules[] = {
      {.id = "lint.several_locks_in_one_transaction",
       .title = "one transaction locks one table in use",
       .why = "The first lock is held while the second is waited for; a program that takes them in the other order "
              "deadlocks with it.",
       .instead = "A revision a table, or the same order as the programs'.",
       .severity = Severity::Warning,
       .revision = several_locks},
      {.id = "lint.rows_moved_under_lock",
       .title = "rows are not moved while a table is locked",
       .why = "The lock of the ALTER TABLE before it is held for as long as the UPDATE takes.",
       .instead = "Schema changes in one revision, rows in the next, or outside of migrations in batches.",
       .severity = Severity::Error,
       .weighed = true,
       .revision = rows_with_lock},
      {.id = "lint.update_of_whole_table",
       .title = "no table in use is written as a whole",
       .why = "All rows stay locked until the end, the table doubles in size, and replicas fall behind.",
       .instead = "Batches of some thousand rows, each committed.",
       .severity = Severity::Warning,
       .weighed = true,
       .act = whole_table},
      {.id = kObservedRule,
       .title = "no statement was seen to do more than its text tells",
       .why = "Triggers, DO blocks, newer syntax and Python hide what runs. On a disposable database the server shows "
              "which "
              "tables are locked, read and written anew.",
       .instead = "Read what the message names; split the revision where a table in use is held.",
       .severity = Severity::Warning,
       .weighed = true},
      {.id = "lint.enum_value_in_transaction",
       .title = "a new enum value is not used before it is committed",
       .why =
           "The server refuses: `unsafe use of new value`. On a developer's fresh database, where the type is new, it "
           "works.",
       .instead = "ADD VALUE in a revision before.",
       .severity = Severity::Error,
       .revision = enum_value_used},
      {.id = "lint.lock_timeout",
       .title = "no revision waits for a lock without limit",
       .why = "A waiting ACCESS EXCLUSIVE stops every later reader: one forgotten session becomes an outage.",
       .instead = "Leave lock_timeout to `migrate up`, which tries again later; set it in env.py for runs by hand.",
       .severity = Severity::Note,
       .revision = no_limit,
       .history = unlimited_without_us},
      {.id = "lint.session_setting",
       .title = "settings are made for the transaction",
       .why = "A plain SET stays with the connection, which goes on to other tenants; search_path above all.",
       .instead = "SET LOCAL.",
       .severity = Severity::Warning,
       .act = session_setting},
      {.id = "lint.outside_transaction",
       .title = "what runs outside of transactions has a revision of its own",
       .why = "A revision is one step: all or nothing. With CREATE INDEX CONCURRENTLY among other statements a failure "
              "leaves some of them done and the version row where it was.",
       .instead = "One revision for the concurrent statement alone.",
       .severity = Severity::Warning,
       .revision = mixed},
  };
  return kRules;
}

}  // namespace pgcontract::lint
