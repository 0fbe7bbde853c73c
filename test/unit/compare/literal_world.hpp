#pragma once
// A small literal world for the clauses' tests: a contract like the reference one and an Observation that keeps it, to
// be broken by each test. Texts given must be literals. One thread.

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "compare/compare.hpp"
#include "model/clause.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {

struct LiteralWorld {
  static constexpr Oid kOwner = 10, kDefiner = 11, kStranger = 12;
  static constexpr Oid kApplication = 100, kDemo = 101, kTelemetry = 102, kLedger = 103, kPublic = 104, kTenant = 105;
  static constexpr Text kTenantSchema = "tenant_11111111111141118111111111111111";

  Contract contract;
  Environment environment;
  Observation seen;
  Date today{std::chrono::year{2026}, std::chrono::November, std::chrono::day{23}};

  LiteralWorld() {
    contract.name = "stratmaster";
    contract.file = "contract.yaml";
    contract.schemas.application.name = "stratmaster_api";
    contract.schemas.demo = DemoSchema{"stratmaster_demo", "", {}};
    contract.schemas.telemetry = TelemetrySchema{"stratmaster_telemetry", TelemetrySchema::SeparateDatabase::Managed};
    contract.conventions.table_prefixes = {"research_", "agents_"};
    contract.migrations = Migrations{};
    contract.migrations->config = "packages/api/alembic.ini";
    contract.tenancy = Tenancy{};
    environment.name = "local";
    seen.server.version_num = 150020;
    seen.server.current_role = "observer";
    seen.settings = {{"wal_level", "logical", "", false},
                     {"data_checksums", "on", "", false},
                     {"shared_preload_libraries", "pg_stat_statements", "", false}};
    seen.roles = {role(kOwner, "pgc_owner"), role(kDefiner, "pgc_definer"), role(kStranger, "postgres")};
    seen.schemas = {{kApplication, "stratmaster_api", kOwner, "", ""},
                    {kDemo, "stratmaster_demo", kOwner, "", ""},
                    {kTelemetry, "stratmaster_telemetry", kOwner, "", ""},
                    {kLedger, "pgcontract", kDefiner, "", ""},
                    {kPublic, "public", kOwner, "", ""},
                    {kTenant, kTenantSchema, kOwner, "", ""}};
    seen.extensions = {{1, "pg_stat_statements", 0, "1.10", 0}};
    seen.registry.present = true;
    seen.registry.version = tenancy::kSchemaVersion;
    seen.migrations.configured = true;
    seen.migrations.application = graph("alembic", {{"a1", {}}, {"a2", {"a1"}}});
    seen.migrations.tenant = graph("tenant", {{"t1", {}}, {"t2", {"t1"}}, {"t3", {"t2"}}});
    rows(kApplication, {"a2"});
    rows(kTenant, {"t3"});
  }

  static Role role(Oid oid, Text name) {
    Role made;
    made.oid = oid;
    made.name = name;
    return made;
  }

  // Revisions in topological order, each with what it descends from.
  static RevisionGraph graph(std::string section,
                             const std::vector<std::pair<std::string, std::vector<std::string>>>& revisions) {
    RevisionGraph made;
    made.section = std::move(section);
    made.present = true;
    for (const auto& [id, down] : revisions) {
      Revision revision;
      revision.id = id;
      revision.down = down;
      made.revisions.push_back(revision);
      for (const auto& parent : down) std::erase(made.heads, parent);
      made.heads.push_back(id);
    }
    return made;
  }

  void rows(Oid schema, std::vector<Text> versions) {
    std::erase_if(seen.version_tables, [&](const auto& table) { return table.schema == schema; });
    seen.version_tables.push_back({schema, 0, std::move(versions)});
  }

  Relation& relation(Oid schema, Text name, char kind = 'r') {
    Relation made;
    made.oid = next_++;
    made.schema = schema;
    made.name = name;
    made.kind = kind;
    made.owner = kOwner;
    return seen.relations.emplace_back(made);
  }

  // Of the relation made last.
  Column& column(Text name, Text type, Text default_expression = "", Text base = "") {
    Column made;
    made.relation = next_ - 1;
    made.number = ++number_;
    made.name = name;
    made.type_name = type;
    made.base_type_name = base.empty() ? type : base;
    made.default_expression = default_expression;
    return seen.columns.emplace_back(made);
  }

  void primary_key() { seen.constraints.push_back({next_++, next_ - 2, "pk", 'p', {1}, 0, {}, true}); }

  Function& function(Oid schema, Text name, Text arguments) {
    Function made;
    made.oid = next_++;
    made.schema = schema;
    made.name = name;
    made.arguments = arguments;
    made.owner = kOwner;
    return seen.functions.emplace_back(made);
  }

  Waiver& waiver(std::string clause, std::string object, Date until) {
    return contract.waivers.emplace_back(Waiver{std::move(clause), std::move(object), "because", until, "ada", {7, 5}});
  }

  Verdicts verdicts() {
    seen.seal();
    return judge({contract, environment, seen, today});
  }

  ClauseResult judged(std::string_view clause) {
    const Verdicts all = verdicts();
    const ClauseResult* result = all.find(clause);
    EXPECT_NE(result, nullptr) << clause;
    return result ? *result : ClauseResult{};
  }

  // "broken", then "label: message" of each finding, as in the clauses' examples.
  std::vector<std::string> said(std::string_view clause) {
    const ClauseResult result = judged(clause);
    std::vector<std::string> lines{std::string(to_string(result.verdict))};
    for (const auto& finding : result.findings) lines.push_back(finding.subject.label() + ": " + finding.message);
    return lines;
  }

 private:
  Oid next_ = 1000;
  int number_ = 0;
};

using Lines = std::vector<std::string>;

}  // namespace pgcontract::compare
