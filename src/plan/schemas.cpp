// Schemas, owners, extensions, and the application's migrations.
#include <fmt/format.h>

#include "alembic/command.hpp"
#include "plan/draft.hpp"

namespace pgcontract::plan {
namespace {

std::string owner_of(const Draft& draft) {
  return draft.contract().tenancy ? quoted(draft.contract().tenancy->roles.owner) : std::string("CURRENT_USER");
}

std::string owner_role_of(const Draft& draft) {
  return draft.contract().tenancy ? draft.contract().tenancy->roles.owner : std::string();
}

void create_schema(const std::string& name, const Finding& finding, Draft& draft) {
  Step step;
  step.object = "schema " + quoted(name);
  step.reason = "the contract lays its schemas out by name";
  step.statements = {fmt::format("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}", quoted(name), owner_of(draft))};
  step.lock = "none";
  step.undo = fmt::format("DROP SCHEMA {}", quoted(name));
  draft.add(Phase::Schemas, finding, std::move(step));
}

}  // namespace

void mend_schema(const Finding& finding, Draft& draft) {
  if (!finding.tagged("missing")) return draft.add_manual(finding);
  create_schema(finding.subject.name, finding, draft);
}

void mend_telemetry(const Finding& finding, Draft& draft) {
  if (!finding.tagged("missing")) return draft.add_manual(finding);
  if (finding.subject.kind != "database") return create_schema(finding.subject.name, finding, draft);
  Step step;
  step.object = "database " + quoted(finding.subject.name);
  step.reason = "on a managed service telemetry has a database of its own";
  step.statements = {fmt::format("CREATE DATABASE {} TEMPLATE template0", quoted(finding.subject.name))};
  step.transactional = false;
  step.needed_if = fmt::format(
      "SELECT NOT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) {}::pg_catalog.name)",
      quoted_literal(finding.subject.name));
  step.lock = "none";
  step.undo = fmt::format("DROP DATABASE {}", quoted(finding.subject.name));
  draft.add(Phase::Database, finding, std::move(step));
}

// The seed creates the schema itself, as the contract says, as the owner, who may create schemas. Were the schema a
// step of its own, a kill between the two would leave it empty for good.
void mend_demo(const Finding& finding, Draft& draft) {
  if (!finding.tagged("missing")) return draft.add_manual(finding);
  const DemoSchema& demo = *draft.contract().schemas.demo;
  if (demo.seed.empty()) return create_schema(demo.name, finding, draft);
  Step step;
  step.object = "schema " + quoted(demo.name);
  step.reason = "demo content is made by its seed";
  step.program = Program{{"python3", demo.seed}, owner_role_of(draft), quoted(demo.name)};
  step.lock = "as the seed's statements take";
  step.risk = Risk::Data;
  step.undo = fmt::format("DROP SCHEMA {} CASCADE", quoted(demo.name));
  draft.add(Phase::Seeds, finding, std::move(step));
}

void mend_owner(const Finding& finding, Draft& draft) {
  if (!finding.tagged("owner")) return draft.add_manual(finding);
  const bool ours = finding.subject.schema == "pgcontract" ||
                    (finding.subject.kind == "schema" && finding.subject.name == "pgcontract");
  const std::string owner = ours ? quoted(draft.contract().tenancy->roles.definer) : owner_of(draft);
  std::string kind = finding.subject.kind;
  for (auto& c : kind) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (kind == "PARTITIONED TABLE" || kind == "PARTITION") kind = "TABLE";
  if (kind == "FUNCTION") kind = "ROUTINE";  // a procedure or an aggregate, as it may be
  Step step;
  step.object = fmt::format("{} {}", finding.subject.kind, finding.subject.label());
  step.reason = "tenants own nothing, and whoever owns an object may change its policies";
  step.statements = {fmt::format("ALTER {} {} OWNER TO {}", kind, finding.subject.label(), owner)};
  step.lock = kind == "SCHEMA" || kind == "ROUTINE" ? "none" : "ACCESS EXCLUSIVE on " + finding.subject.label();
  step.risk = Risk::Lock;
  step.undo = "ALTER … OWNER TO the role that owned it";
  draft.add(Phase::Owners, finding, std::move(step));
}

void mend_extension(const Finding& finding, Draft& draft) {
  if (!finding.tagged("missing")) return draft.add_manual(finding);
  const std::string schema = quoted(draft.contract().schemas.extensions);
  Step step;
  step.object = "extension pg_stat_statements";
  step.reason = "the contract collects statement statistics";
  step.statements = {fmt::format("CREATE SCHEMA IF NOT EXISTS {} AUTHORIZATION {}", schema, owner_of(draft)),
                     fmt::format("CREATE EXTENSION IF NOT EXISTS pg_stat_statements WITH SCHEMA {}", schema)};
  step.lock = "none";
  step.undo = "DROP EXTENSION pg_stat_statements";
  draft.add(Phase::Extensions, finding, std::move(step));
}

void mend_application_migrations(const Finding& finding, Draft& draft) {
  if (!finding.tagged("missing") && !finding.tagged("behind")) return draft.add_manual(finding);
  draft.add_fleet(finding);
  draft.set_continues(
      "after the migrations the plan is made again: tables they create get row-level security, policies and grants "
      "(tenancy.rls_enabled, .rls_forced, .rls_bound_to_role, .grants)");
}

}  // namespace pgcontract::plan
