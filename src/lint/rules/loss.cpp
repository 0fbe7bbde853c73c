// What takes rows, columns or names away from programs that still use them.
#include <fmt/format.h>

#include "lint/rules/subjects.hpp"

namespace pgcontract::lint {
namespace {

void drops_column(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::DropColumn || c.is_new()) return;
  if (const Table* table = c.table(); c.act.guarded && table && !table->column(c.act.column)) return;
  out.push_back({.message = "is dropped with what it holds, while the release before this one may still name it",
                 .table = c.label(),
                 .part = c.act.column});
}

void drops_table(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::Drop || c.is_new()) return;
  if (c.act.object != "table" && c.act.object != "materialized view" && c.act.object != "view") return;
  out.push_back(
      {.message = fmt::format("the {} is dropped{}", c.act.object, c.act.object == "table" ? " with all its rows" : ""),
       .table = c.label()});
}

void drops_schema(const ActContext& c, Founds& out) {
  if (c.act.kind == ActKind::Drop && (c.act.object == "schema" || c.act.object == "database"))
    out.push_back({.message = fmt::format("the {} is dropped", c.act.object), .table = c.label()});
}

void cascade(const ActContext& c, Founds& out) {
  const bool drops = c.act.kind == ActKind::Drop || c.act.kind == ActKind::DropColumn || c.act.kind == ActKind::DropKey;
  if (!c.act.cascade || !drops) return;
  out.push_back({.message = "CASCADE drops whatever depends on it, on each database something else",
                 .table = c.label(),
                 .part = c.act.column.empty() ? c.act.name : c.act.column,
                 .consider = "name what is to go, and drop it before"});
}

void truncate(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::Truncate || c.is_new()) return;
  out.push_back({.message = c.act.cascade ? "is emptied, and every table that refers to it too" : "is emptied",
                 .table = c.label()});
}

void renames(const ActContext& c, Founds& out) {
  if (c.act.kind != ActKind::Rename && c.act.kind != ActKind::SetSchema) return;
  if (c.is_new() || c.act.object == "index" || c.act.object == "constraint" || c.act.object == "trigger") return;
  const std::string what = c.act.kind == ActKind::SetSchema ? fmt::format("moves to schema {}", c.act.name)
                                                            : fmt::format("becomes {}", c.act.name);
  out.push_back({.message = fmt::format("{}: whatever names it fails from that moment on", what),
                 .table = c.label(),
                 .part = c.act.column,
                 .consider = c.act.column.empty()
                                 ? "a view under the old name for the time between two releases"
                                 : "a new column, kept in step by a trigger until nobody reads the old"});
}

void row_security_off(const ActContext& c, Founds& out) {
  if (c.act.kind == ActKind::RowSecurity && !c.act.on)
    out.push_back({.message = "row-level security is taken off: every tenant sees every row", .table = c.label()});
}

}  // namespace

std::span<const Rule> loss_rules() {
  static const Rule kRules[] = {
      {.id = "lint.drops_column",
       .title = "no column is dropped that a running release may name",
       .why =
           "During a deployment two releases run. The old one's INSERTs and SELECTs name the column and fail, and what "
           "it held comes back from no downgrade.",
       .instead =
           "Release code that does not name it; drop it one release later, and waive this finding with that reason.",
       .severity = Severity::Warning,
       .act = drops_column},
      {.id = "lint.drops_table",
       .title = "no table or view is dropped that a running release may name",
       .why = "The old release fails, and the rows come back from a backup only.",
       .instead = "Rename it away in one release, drop it in the next.",
       .severity = Severity::Warning,
       .act = drops_table},
      {.id = "lint.drops_schema",
       .title = "no revision drops a schema or database",
       .why = "Schemas are the contract's: `reset` and `tenant delete` remove them, with a journal and a tombstone.",
       .instead = "pgcontract tenant delete, or pgcontract reset.",
       .severity = Severity::Error,
       .act = drops_schema},
      {.id = "lint.drop_cascade",
       .title = "nothing is dropped by CASCADE",
       .why =
           "What else goes depends on the database at hand: views and keys that somebody made there vanish in silence.",
       .instead = "DROP without CASCADE, which tells what depends on it.",
       .severity = Severity::Error,
       .act = cascade},
      {.id = "lint.truncate",
       .title = "no table in use is emptied",
       .why = "TRUNCATE takes ACCESS EXCLUSIVE, and the rows come back from a backup only.",
       .instead = "DELETE in batches, outside of migrations.",
       .severity = Severity::Error,
       .act = truncate},
      {.id = "lint.renames",
       .title = "tables and columns in use keep their names",
       .why = "The release before this one names the old, the next one the new; there is no moment that suits both.",
       .instead = "Add the new name beside the old, move readers and writers, drop the old one release later.",
       .severity = Severity::Error,
       .act = renames},
      {.id = "lint.row_security_off",
       .title = "row-level security stays on",
       .why = "The tables are shared by tenants; their policies are the wall between them.",
       .instead = "ALTER POLICY. The clauses tenancy.rls_* judge the live schema.",
       .severity = Severity::Error,
       .act = row_security_off},
  };
  return kRules;
}

}  // namespace pgcontract::lint
