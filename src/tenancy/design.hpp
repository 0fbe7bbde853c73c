#pragma once
// The tenancy design of doc/tenancy.md as data: which roles, functions, policies and privileges the contract means. One
// place that compare/ (what should be) and plan/ (how to get there) both read, so that they cannot part. Pure.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/contract.hpp"
#include "model/observation.hpp"

namespace pgcontract::tenancy {

inline constexpr std::string_view kSchema = "pgcontract";  // registry, journal, evidence, guard functions
inline constexpr int kSchemaVersion = 2;
inline constexpr std::string_view kTenantPolicy = "tenant_row_level_policy";  // the contract's, permissive
inline constexpr std::string_view kBindingPolicy = "tenant_role_binding";     // ours, restrictive

// Privileges, in aclitem letters: what the tenant group holds on a shared table and a tenant on its own tables; on a
// reference table; on a schema.
inline constexpr std::string_view kTablePrivileges = "arwd";
inline constexpr std::string_view kReferencePrivileges = "r";
inline constexpr std::string_view kSchemaPrivileges = "U";

struct GuardFunction {
  std::string name;
  std::string returns;
  bool security_definer = false;
  bool pinned = true;  // carries kPinnedPath; the one that judges the caller's search_path cannot
  std::string language;
  std::string source;      // the body, exactly as pg_proc.prosrc keeps it
  std::string definition;  // CREATE OR REPLACE FUNCTION …
};
// role_tenant(), assert_boundary() and checkout().
std::vector<GuardFunction> guard_functions(const Contract& contract);
// The setting that a pinned function of ours carries in proconfig.
inline constexpr std::string_view kPinnedPath = "search_path=pg_catalog, pg_temp";
// A SECURITY DEFINER function is pinned when it sets search_path to a list that ends in pg_temp.
bool is_pinned(const Function& function);

// The two policies of a shared table, as they are created …
std::string tenant_policy_expression(const Contract& contract);
std::string binding_policy_expression(const Contract& contract);
// … and whether a policy of the catalog (deparsed by the server) is the binding: restrictive, for every command and
// every role, with exactly our expression.
bool is_binding(const Contract& contract, const Policy& policy);
// Whether it is a permissive policy that compares the shared column with the tenant setting.
bool is_tenant_policy(const Contract& contract, const Policy& policy);

// The kinds of relations of the governed schemas. Views and sequences are in none of them.
bool is_table(const Relation& relation);  // r or p, not from an extension
std::vector<const Relation*> shared_tables(const Contract& contract, const Observation& observation);
std::vector<const Relation*> reference_tables(const Contract& contract, const Observation& observation);
// The schemas the contract speaks of that exist: application, demo, telemetry, and the tenants'.
std::vector<const Schema*> governed_schemas(const Contract& contract, const Observation& observation);

// Ids that no tenant may have: see model/contract.hpp.
using pgcontract::is_canary;

// Everything known of one tenant: from the registry, a schema of the pattern's shape, or a role of it. Sorted by id.
struct TenantState {
  Uuid id;
  const RegisteredTenant* registered = nullptr;
  const Schema* schema = nullptr;
  const Role* role = nullptr;
};
std::vector<TenantState> tenants(const Contract& contract, const Observation& observation);

// The role settings onboarding gives a tenant's role, as pg_db_role_setting keeps them ("app.tenant_id=4f…").
std::vector<std::string> role_settings(const Contract& contract, const Uuid& tenant);

}  // namespace pgcontract::tenancy
