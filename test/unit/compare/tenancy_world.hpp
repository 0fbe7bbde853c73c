#pragma once
// A small world that keeps the whole tenancy section of the contract, for tests to break in one place: one shared
// table, one reference table, one tenant. Change the lists, then judge(). Names given as std::string are kept by the
// arena.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "compare/declarations.hpp"
#include "tenancy/design.hpp"
#include "tenancy/limits.hpp"

namespace pgcontract::compare {

inline constexpr Oid kPostgres = 10, kOwner = 11, kDefiner = 12, kGroup = 13, kMigrator = 14, kTenantRole = 20;
inline constexpr Oid kApi = 101, kLedger = 102, kTenantSchema = 103, kPublic = 104;
inline constexpr Oid kReports = 201, kStatus = 202, kNotes = 203, kTenantVersion = 204;

inline const std::string kTenantHex = "11111111111141118111111111111111";
inline const std::string kOtherHex = "22222222222242228222222222222222";

using Lines = std::vector<std::string>;

inline bool any_contains(const Lines& lines, std::string_view text) {
  return std::ranges::any_of(lines, [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

struct TenancyWorld {
  Contract contract;
  Environment environment;
  Observation o;

  Uuid id(const std::string& hex = kTenantHex) const { return *Uuid::parse(hex); }
  Text text(std::string_view value) { return o.keep(value); }

  template <typename T>
  T& by_oid(std::vector<T>& list, Oid oid) {
    return *std::ranges::find(list, oid, &T::oid);
  }
  Role& role(Oid oid) { return by_oid(o.roles, oid); }
  Relation& relation(Oid oid) { return by_oid(o.relations, oid); }
  Schema& schema(Oid oid) { return by_oid(o.schemas, oid); }

  void add_policies(Oid table) {
    o.policies.push_back(
        {table * 10,
         table,
         "tenant_row_level_policy",
         true,
         '*',
         {0},
         "(tenant_id = ( SELECT (NULLIF(current_setting('app.tenant_id'::text, true), ''::text))::uuid))",
         {}});
    o.policies.push_back({table * 10 + 1,
                          table,
                          "tenant_role_binding",
                          false,
                          '*',
                          {0},
                          "(tenant_id = ( SELECT pgcontract.role_tenant() AS role_tenant))",
                          {}});
  }

  void add_tenant(const std::string& hex, Oid role_oid, Oid schema_oid) {
    const Tenancy& tenancy = *contract.tenancy;
    Role tenant{};
    tenant.oid = role_oid;
    tenant.name = text(tenancy.role_of(id(hex)));
    tenant.login = true;
    tenant.connection_limit = tenancy.limits.connections;
    for (const auto& setting : tenancy::role_settings(contract, id(hex))) tenant.settings.push_back(text(setting));
    for (const auto& limit : tenancy::role_limits(contract))
      tenant.settings.push_back(text(fmt::format("{}={}", limit.parameter, limit.value)));
    o.roles.push_back(tenant);
    o.memberships.push_back({kGroup, role_oid, false, true, o.server.version_num < 160000});
    o.schemas.push_back({schema_oid,
                         text(tenancy.schema_of(id(hex))),
                         kOwner,
                         text("{pgc_owner=UC/pgc_owner," + std::string(tenant.name) + "=U/pgc_owner}"),
                         {}});
    o.default_acls.push_back({kOwner, schema_oid, 'r', text("{" + std::string(tenant.name) + "=arwd/pgc_owner}")});
    o.registry.tenants.push_back({id(hex), "acme", "active", "2026-01-01", {}, {}});
  }

  explicit TenancyWorld(int version = 150020) {
    contract.tenancy = Tenancy{};
    contract.schemas.application.name = "stratmaster_api";
    o.server.version_num = version;
    o.server.database = "app";
    o.server.database_oid = 5;
    o.server.current_role = "postgres";
    o.server.current_role_superuser = true;
    o.databases.push_back({5, "app", kPostgres, "{postgres=CTc/postgres,pgc_tenant=c/postgres}", true, {}, {}});
    add_roles();
    o.schemas = {{kApi, "stratmaster_api", kOwner, "{pgc_owner=UC/pgc_owner,pgc_tenant=U/pgc_owner}", {}},
                 {kLedger, "pgcontract", kDefiner, "{pgc_definer=UC/pgc_definer,pgc_tenant=U/pgc_definer}", {}},
                 {kPublic, "public", kPostgres, "{postgres=UC/postgres,=U/postgres}", {}}};
    o.default_acls.push_back({kOwner, 0, 'f', "{pgc_owner=X/pgc_owner}"});
    add_tenant(kTenantHex, kTenantRole, kTenantSchema);
    o.registry.present = true;
    add_tables();
    o.system_objects = {{600, 'f', "set_config(text,text,boolean)", ""},
                        {601, 'f', "pg_relation_size(regclass,text)", ""},
                        {602, 'r', "pg_stat_activity", "{postgres=arwdDxt/postgres,=r/postgres}"}};
    for (const auto& guard : tenancy::guard_functions(contract))
      o.functions.push_back({300 + static_cast<Oid>(o.functions.size()),
                             kLedger,
                             text(guard.name),
                             {},
                             'f',
                             kDefiner,
                             "{pgc_definer=X/pgc_definer,pgc_tenant=X/pgc_definer}",
                             guard.security_definer,
                             text(guard.language),
                             's',
                             guard.pinned ? std::vector<Text>{tenancy::kPinnedPath} : std::vector<Text>{},
                             text(guard.source),
                             false});
  }

  void add_roles() {
    const auto add = [&](Oid oid, Text name, bool superuser, bool login) {
      Role role{};
      role.oid = oid;
      role.name = name;
      role.superuser = superuser;
      role.login = login;
      o.roles.push_back(role);
    };
    add(kPostgres, "postgres", true, true);
    add(kOwner, "pgc_owner", false, false);
    add(kDefiner, "pgc_definer", false, false);
    add(kGroup, "pgc_tenant", false, false);
    add(kMigrator, "pgc_migrator", false, true);
    o.memberships.push_back({kOwner, kMigrator, false, false, true});
  }

  void add_tables() {
    const auto table = [&](Oid oid, Oid schema_oid, Text name, Text acl) -> Relation& {
      Relation relation{};
      relation.oid = oid;
      relation.schema = schema_oid;
      relation.name = name;
      relation.owner = kOwner;
      relation.acl = acl;
      o.relations.push_back(relation);
      return o.relations.back();
    };
    Relation& reports = table(kReports, kApi, "reports", "{pgc_owner=arwdDxt/pgc_owner,pgc_tenant=arwd/pgc_owner}");
    reports.rls_enabled = reports.rls_forced = true;
    table(kStatus, kApi, "ref_report_status", "{pgc_owner=arwdDxt/pgc_owner,pgc_tenant=r/pgc_owner}");
    const std::string mine = "{pgc_owner=arwdDxt/pgc_owner,app_tenant_" + kTenantHex + "=arwd/pgc_owner}";
    table(kNotes, kTenantSchema, "research_notes", text(mine));
    table(kTenantVersion, kTenantSchema, "alembic_version", {});
    o.version_tables.push_back({kTenantSchema, kTenantVersion, {}});
    const auto column = [&](Oid relation, int number, Text name, Text type) {
      Column c{};
      c.relation = relation;
      c.number = number;
      c.name = name;
      c.type_name = c.base_type_name = type;
      c.not_null = true;
      o.columns.push_back(c);
    };
    column(kReports, 1, "tenant_id", "uuid");
    column(kReports, 2, "id", "uuid");
    column(kReports, 3, "status", "text");
    column(kStatus, 1, "status", "text");
    column(kNotes, 1, "id", "uuid");
    o.indexes.push_back({400, kReports, "reports_pkey", true, true, true, {1, 2}, false});
    o.constraints.push_back({500, kReports, "reports_status_fkey", 'f', {3}, kStatus, {1}, true});
    add_policies(kReports);
  }

  Examined judge(const Clause& clause) {
    o.seal();
    return clause.check(Judged{contract, environment, o, Date{}});
  }

  // "label: message" of each finding, sorted: what an example expects.
  Lines said(const Clause& clause) {
    Lines lines;
    for (const auto& finding : judge(clause).findings)
      lines.push_back(finding.subject.label() + ": " + finding.message);
    std::ranges::sort(lines);
    return lines;
  }

  Finding only(const Clause& clause) {
    auto examined = judge(clause);
    EXPECT_EQ(examined.findings.size(), 1u);
    return examined.findings.empty() ? Finding{} : examined.findings.front();
  }
};

inline const Clause* const kJudgedTenancyClauses[] = {
    &kTenancySchemaPerTenant, &kTenancyRolePerTenant,          &kTenancyLoginReachesOneTenant, &kTenancyRlsEnabled,
    &kTenancyRlsForced,       &kTenancyRlsBoundToRole,         &kTenancyKeysLeadWithTenant,    &kTenancyGuardFunction,
    &kTenancyGrants,          &kTenancyDefinerFunctionsPinned, &kTenancyNoCreateNoTemp,        &kTenancyLimits,
    &kTenancyStrictCatalog};

}  // namespace pgcontract::compare
