// What goes wrong when the same revision runs on every tenant's schema, or beside a subscriber.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "lint/lint.hpp"
#include "lint/rules/subjects.hpp"

namespace pgcontract::lint {
namespace {

std::string place(const RevisionContext& c, const PlacedStatement& statement, const std::string& word) {
  return statement.where(*c.revision.input, c.revision.outline.upgrade, {word});
}

void names_schema(const RevisionContext& c, Founds& out) {
  for (const auto& statement : c.revision.statements)
    for (const auto& name : statement.parsed.named) {
      // A tenant's foreign key to reference data has to say where that is; lint.locks_shared_table judges it.
      const bool refers = std::ranges::any_of(statement.parsed.acts, [&](const Act& act) {
        return std::ranges::find(act.others, name) != act.others.end();
      });
      if (refers || name.schema == "pg_temp") continue;
      const std::string message =
          c.history.tenant
              ? fmt::format("names schema {}: every tenant's migration changes the same {}", name.schema, name.name)
              : fmt::format("names schema {}: the search_path says where revisions go", name.schema);
      out.push_back({.message = message, .table = name.text(), .where = place(c, statement, name.name)});
    }
}

void locks_shared(const ActContext& c, Founds& out) {
  if (!c.history.tenant) return;
  for (const auto& touch : touches(c.act, c.before)) {
    if (touch.relation.schema.empty() || touch.relation.schema == c.history.schema) continue;
    if (touch.lock < Lock::ShareUpdateExclusive) continue;
    out.push_back(
        {.message = fmt::format("each tenant's migration takes {} on it: workers wait for each other, and every "
                                "tenant's writes for them",
                                to_string(touch.lock)),
         .table = touch.relation.text(),
         .consider = "keep the code without a foreign key, or migrate with --workers 1"});
    return;
  }
}

void rights(const ActContext& c, Founds& out) {
  if (c.act.kind == ActKind::Grant)
    out.push_back(
        {.message = fmt::format("{} in a revision: `apply` gives and takes rights, and will undo it", c.act.object)});
  if (c.act.kind == ActKind::Owner)
    out.push_back(
        {.message = "the owner is changed in a revision: `apply` sets owners, and will undo it", .table = c.label()});
  if (c.act.kind == ActKind::CreateOther && c.act.object == "role")
    out.push_back({.message = "a role is made in a revision: roles are the cluster's, not the schema's",
                   .table = c.act.relation.name});
}

void extension(const ActContext& c, Founds& out) {
  if (c.act.kind == ActKind::CreateOther && c.act.object == "extension")
    out.push_back({.message = "an extension is the database's, and most need a superuser: the migrator is none",
                   .table = c.act.relation.name});
}

void makes_schema(const ActContext& c, Founds& out) {
  if (c.act.kind == ActKind::CreateOther && c.act.object == "schema")
    out.push_back({.message = "a revision makes a schema: `apply` and `tenant add` make them, with owner and rights",
                   .table = c.act.relation.name});
}

// Additive changes go to the subscriber first, destructive ones last: both in one revision have no order.
void both_ways(const RevisionContext& c, Founds& out) {
  std::string adds;
  std::string takes;
  std::string where;
  c.each_act([&](const ActContext& at) {
    if (at.act.kind == ActKind::AddColumn && !at.is_new() && adds.empty())
      adds = fmt::format("{}.{}", at.label(), at.act.column);
    const bool drops = at.act.kind == ActKind::DropColumn || (at.act.kind == ActKind::Drop && at.act.object == "table");
    if (!drops || at.is_new() || !takes.empty()) return;
    takes = at.act.column.empty() ? at.label() : fmt::format("{}.{}", at.label(), at.act.column);
    where = at.statement.where(*c.revision.input, c.revision.outline.upgrade, {at.act.column, at.act.relation.name});
  });
  if (!adds.empty() && !takes.empty())
    out.push_back(
        {.message = fmt::format("adds {} and takes {} away: the reporting cluster must have the one before and "
                                "the other after this one",
                                adds, takes),
         .where = where});
}

void names(const ActContext& c, Founds& out) {
  constexpr std::size_t kLongest = 63;  // where the parser has cut it, as the server would
  const std::string& text = c.statement.parsed.text;
  const auto check = [&](const std::string& name) {
    const auto at = name.size() < kLongest ? std::string::npos : text.find(name);
    const auto end = at == std::string::npos ? at : at + name.size();
    if (end != std::string::npos && end < text.size() &&
        (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_'))
      out.push_back({.message = "is longer than 63 bytes: the server cuts it, and two names may become one",
                     .table = c.label(),
                     .part = name});
    else if (std::ranges::any_of(
                 name, [](unsigned char ch) { return !(std::islower(ch) != 0 || std::isdigit(ch) != 0 || ch == '_'); }))
      out.push_back(
          {.message = "must be quoted wherever it is used: it is not in snake_case", .table = c.label(), .part = name});
  };
  if (c.act.kind == ActKind::CreateTable && !c.act.temporary) check(c.act.relation.name);
  if (c.act.kind == ActKind::CreateTable || c.act.kind == ActKind::AddColumn)
    for (const auto& column : c.act.columns) check(column.name);
  if (c.act.kind == ActKind::CreateTable || c.act.kind == ActKind::AddKey || c.act.kind == ActKind::AddColumn)
    for (const auto& key : c.act.keys) check(key.name);
  if (c.act.kind == ActKind::CreateIndex) check(c.act.name);
}

}  // namespace

std::span<const Rule> fleet_rules() {
  static const Rule kRules[] = {
      {.id = "lint.names_schema",
       .title = "no revision names a schema",
       .why = "A tenant's revision runs once for each tenant, wherever the search_path points. With a schema's name in "
              "it, "
              "ten thousand runs change one and the same object.",
       .instead = "Names without schema. What is shared belongs into the application's history.",
       .severity = Severity::Error,
       .revision = names_schema},
      {.id = "lint.locks_shared_table",
       .title = "tenants' revisions lock no shared table",
       .why = "A foreign key to a shared table takes SHARE ROW EXCLUSIVE on it, once for each tenant: parallel workers "
              "wait "
              "for each other, and all tenants' writes wait for them.",
       .instead = "Keep the code and check it in the application; or NOT VALID with one worker.",
       .severity = Severity::Error,
       .act = locks_shared},
      {.id = "lint.rights",
       .title = "owners, roles and rights are left to apply",
       .why = "The contract says who may do what. A GRANT in a revision is found by `verify` and taken back by "
              "`apply`, or "
              "opens what was closed.",
       .instead = "Leave it out; `pgcontract apply` after `migrate up` gives what the contract promises.",
       .severity = Severity::Warning,
       .act = rights},
      {.id = "lint.extension",
       .title = "extensions are not made by revisions",
       .why = "They need rights that a migrator does not have, and live in the contract's schema of extensions.",
       .instead = "CREATE EXTENSION … SCHEMA extensions by whoever sets up the database.",
       .severity = Severity::Warning,
       .act = extension},
      {.id = "lint.makes_schema",
       .title = "schemas are not made by revisions",
       .why = "A schema without the contract's owner and rights is one that `verify` does not know.",
       .instead = "`schemas:` in contract.yaml, and `apply`.",
       .severity = Severity::Error,
       .act = makes_schema},
      {.id = "lint.replication_order",
       .title = "no revision both adds and takes away",
       .why = "Logical replication carries no DDL. A new column must be at the subscriber first, a dropped one must go "
              "there last: a revision that does both stops the replication in either order.",
       .instead = "Two revisions: one that adds, and a later one that takes away.",
       .severity = Severity::Warning,
       .revision = both_ways},
      {.id = "lint.names",
       .title = "names are snake_case and at most 63 bytes long",
       .why = "A name that needs quotes is misspelt sooner or later; one that is too long is cut in silence.",
       .instead = "Lower case, digits and underscores.",
       .severity = Severity::Warning,
       .act = names},
  };
  return kRules;
}

}  // namespace pgcontract::lint
