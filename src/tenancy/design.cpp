#include "tenancy/design.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace pgcontract::tenancy {
namespace {

constexpr std::string_view kIdPlace = "{id}";

// The parts of a name pattern around the id.
struct Pattern {
  std::string before;
  std::string after;
};

Pattern split(const std::string& pattern) {
  const auto at = pattern.find(kIdPlace);
  if (at == std::string::npos) return {pattern, ""};
  return {pattern.substr(0, at), pattern.substr(at + kIdPlace.size())};
}

// A literal text inside a POSIX regular expression.
std::string escaped_for_regex(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (std::string_view("\\.[](){}*+?^$|").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, [](char c) { return (c & 0xc0) != 0x80; }));
}

std::string role_regex(const Tenancy& tenancy) {
  const Pattern p = split(tenancy.role_pattern);
  return quoted_literal("^" + escaped_for_regex(p.before) + "[0-9a-f]{32}" + escaped_for_regex(p.after) + "$");
}

// What onboarding makes of a tenant's search_path (role_settings() below), as an SQL expression over `tenant`.
std::string path_of_tenant(const Contract& contract) {
  const Pattern p = split(contract.tenancy->schema_pattern);
  return fmt::format(
      "pg_catalog.concat(pg_catalog.quote_ident(pg_catalog.concat({}::pg_catalog.text,\n"
      "      pg_catalog.replace(tenant::pg_catalog.text, '-', ''), {}::pg_catalog.text)), {}::pg_catalog.text)",
      quoted_literal(p.before), quoted_literal(p.after),
      quoted_literal(", " + quoted(contract.schemas.application.name)));
}

// The id inside a role name, as an SQL expression.
std::string id_in_role(const Tenancy& tenancy, std::string_view role) {
  return fmt::format("pg_catalog.substr({}::pg_catalog.text, {}, 32)::pg_catalog.uuid", role,
                     count_characters(split(tenancy.role_pattern).before) + 1);
}

std::string create_function(const GuardFunction& f) {
  return fmt::format(
      "CREATE OR REPLACE FUNCTION {}.{}() RETURNS {} LANGUAGE {} STABLE PARALLEL {} {}\n{}AS "
      "$pgcontract${}$pgcontract$",
      kSchema, f.name, f.returns, f.language, f.pinned ? "SAFE" : "RESTRICTED",
      f.security_definer ? "SECURITY DEFINER" : "SECURITY INVOKER",
      f.pinned ? "  SET search_path = pg_catalog, pg_temp\n" : "", f.source);
}

// SECURITY INVOKER on purpose: current_user must be the caller's. The pinned path prevents inlining, which costs
// nothing: in the policies it is evaluated once per query (doc/tenancy.md has the measurements).
GuardFunction role_tenant(const Tenancy& tenancy) {
  GuardFunction f{"role_tenant", "pg_catalog.uuid", false, true, "sql", "", ""};
  f.source = fmt::format("\n  SELECT CASE WHEN current_user OPERATOR(pg_catalog.~) {}\n         THEN {} END\n",
                         role_regex(tenancy), id_in_role(tenancy, "current_user"));
  f.definition = create_function(f);
  return f;
}

// SECURITY DEFINER because a tenant may not read the registry. It only checks; a definer function cannot switch roles.
// Inside it current_user is the definer, so the session is judged by session_user and the setting `role`.
GuardFunction assert_boundary(const Tenancy& tenancy) {
  GuardFunction f{"assert_boundary", "pg_catalog.uuid", true, true, "plpgsql", "", ""};
  f.source = fmt::format(R"(
DECLARE
  assumed pg_catalog.text := pg_catalog.current_setting('role');
  claimed pg_catalog.text := pg_catalog.current_setting({0}, true);
  tenant pg_catalog.uuid;
BEGIN
  IF EXISTS (SELECT FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) session_user
                                                    AND (r.rolsuper OR r.rolbypassrls)) THEN
    RAISE EXCEPTION 'login % is a superuser or has BYPASSRLS: no policy binds it', session_user
      USING ERRCODE = 'insufficient_privilege', HINT = 'Connect as the tenant''s own role.';
  END IF;
  IF session_user OPERATOR(pg_catalog.!~) {1} THEN
    RAISE EXCEPTION 'session user % is not a tenant', session_user
      USING ERRCODE = 'insufficient_privilege', HINT = 'Connect as the tenant''s own role.';
  END IF;
  IF assumed OPERATOR(pg_catalog.<>) 'none' AND assumed OPERATOR(pg_catalog.<>) session_user::pg_catalog.text THEN
    RAISE EXCEPTION 'session of % runs as role %', session_user, assumed USING ERRCODE = 'insufficient_privilege';
  END IF;
  tenant := {2};
  IF claimed IS DISTINCT FROM tenant::pg_catalog.text THEN
    RAISE EXCEPTION 'setting % does not name the tenant of role %', {0}, session_user
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NOT EXISTS (SELECT FROM pgcontract.tenant AS t
                 WHERE t.id OPERATOR(pg_catalog.=) tenant AND t.state OPERATOR(pg_catalog.=) 'active') THEN
    RAISE EXCEPTION 'tenant % is not active', tenant USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN tenant;
END
)",
                         quoted_literal(tenancy.setting), role_regex(tenancy), id_in_role(tenancy, "session_user"));
  f.definition = create_function(f);
  return f;
}

// What a pool asks before it hands a connection out. The caller's search_path is part of the question, so that this one
// function has no path of its own; every name and operator in it is qualified, and it runs with the caller's rights, so
// that what a tenant plants in its schema is neither called nor of any use. What an earlier checkout can leave behind
// is looked for where that costs nothing; DISCARD ALL on return removes all of it.
GuardFunction checkout(const Contract& contract) {
  GuardFunction f{"checkout", "pg_catalog.uuid", false, false, "plpgsql", "", ""};
  f.source = fmt::format(R"(
DECLARE
  tenant pg_catalog.uuid := pgcontract.assert_boundary();
  path pg_catalog.text := {0};
  left_over pg_catalog.text;
BEGIN
  IF current_user OPERATOR(pg_catalog.<>) session_user THEN
    RAISE EXCEPTION 'session of % runs as role %', session_user, current_user
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF pg_catalog.current_setting('search_path') OPERATOR(pg_catalog.<>) path THEN
    RAISE EXCEPTION 'search_path of % is %, wanted %', session_user, pg_catalog.current_setting('search_path'), path
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  left_over := CASE
    WHEN EXISTS (SELECT FROM pg_catalog.pg_cursors AS c WHERE c.is_holdable) THEN 'a cursor WITH HOLD'
    WHEN EXISTS (SELECT FROM pg_catalog.pg_prepared_statements AS p WHERE p.from_sql) THEN 'a prepared statement'
    WHEN EXISTS (SELECT FROM pg_catalog.pg_listening_channels() AS l) THEN 'a LISTEN'
  END;
  IF left_over IS NOT NULL THEN
    RAISE EXCEPTION 'session of % still has % of an earlier checkout', session_user, left_over
      USING ERRCODE = 'insufficient_privilege', HINT = 'DISCARD ALL when a connection is given back.';
  END IF;
  RETURN tenant;
END
)",
                         path_of_tenant(contract));
  f.definition = create_function(f);
  return f;
}

std::string collapsed(std::string_view text) {
  std::string out;
  for (char c : text)
    if (c != ' ' && c != '\n' && c != '\t') out += c;
  return out;
}

std::string trimmed_item(std::string_view item) {
  std::string out;
  for (char c : item)
    if (c != ' ' && c != '"') out += c;
  return out;
}

}  // namespace

std::vector<GuardFunction> guard_functions(const Contract& contract) {
  if (!contract.tenancy) return {};
  return {role_tenant(*contract.tenancy), assert_boundary(*contract.tenancy), checkout(contract)};
}

bool is_pinned(const Function& function) {
  constexpr std::string_view kKey = "search_path=";
  for (Text setting : function.settings) {
    if (!setting.starts_with(kKey)) continue;
    const Text list = setting.substr(kKey.size());
    const auto comma = list.rfind(',');
    return trimmed_item(comma == Text::npos ? list : list.substr(comma + 1)) == "pg_temp";
  }
  return false;
}

std::string tenant_policy_expression(const Contract& contract) {
  return fmt::format(
      "{} OPERATOR(pg_catalog.=) (SELECT NULLIF(pg_catalog.current_setting({}, true), '')::pg_catalog.uuid)",
      quoted(contract.tenancy->shared_column), quoted_literal(contract.tenancy->setting));
}

std::string binding_policy_expression(const Contract& contract) {
  return fmt::format("{} OPERATOR(pg_catalog.=) (SELECT {}.role_tenant())", quoted(contract.tenancy->shared_column),
                     kSchema);
}

// The server's deparse of our expression is compared, blanks aside: anything else, however alike, is not the binding.
bool is_binding(const Contract& contract, const Policy& policy) {
  const std::string expected =
      fmt::format("({} = ( SELECT {}.role_tenant() AS role_tenant))", quoted(contract.tenancy->shared_column), kSchema);
  const auto matches = [&](Text text) { return collapsed(text) == collapsed(expected); };
  return !policy.permissive && policy.command == '*' && policy.roles == std::vector<Oid>{0} &&
         matches(policy.using_expression) && (policy.check_expression.empty() || matches(policy.check_expression));
}

bool is_tenant_policy(const Contract& contract, const Policy& policy) {
  const std::string text = collapsed(policy.using_expression);
  return policy.permissive && policy.command == '*' && policy.roles == std::vector<Oid>{0} &&
         text.starts_with(collapsed(fmt::format("({}=", quoted(contract.tenancy->shared_column)))) &&
         text.find(collapsed(fmt::format("current_setting({}::text", quoted_literal(contract.tenancy->setting)))) !=
             std::string::npos &&
         policy.using_expression.find(" OR ") == Text::npos;
}

bool is_table(const Relation& relation) {
  return (relation.kind == 'r' || relation.kind == 'p') && !relation.from_extension;
}

std::vector<const Relation*> shared_tables(const Contract& contract, const Observation& observation) {
  std::vector<const Relation*> tables;
  const Schema* application = observation.schema_named(contract.schemas.application.name);
  if (!application || !contract.tenancy) return tables;
  for (const auto& relation : observation.relations_of(application->oid))
    if (is_table(relation) && observation.column_named(relation.oid, contract.tenancy->shared_column))
      tables.push_back(&relation);
  return tables;
}

std::vector<const Relation*> reference_tables(const Contract& contract, const Observation& observation) {
  std::vector<const Relation*> tables;
  const Schema* application = observation.schema_named(contract.schemas.application.name);
  if (!application) return tables;
  for (const auto& relation : observation.relations_of(application->oid)) {
    const bool shared =
        contract.tenancy && observation.column_named(relation.oid, contract.tenancy->shared_column) != nullptr;
    if (is_table(relation) && !shared && relation.name.starts_with(contract.conventions.reference_prefix))
      tables.push_back(&relation);
  }
  return tables;
}

std::vector<const Schema*> governed_schemas(const Contract& contract, const Observation& observation) {
  std::vector<const Schema*> schemas;
  for (const auto& schema : observation.schemas) {
    const bool named = schema.name == contract.schemas.application.name ||
                       (contract.schemas.demo && schema.name == contract.schemas.demo->name) ||
                       (contract.schemas.telemetry && schema.name == contract.schemas.telemetry->name);
    if (named || (contract.tenancy && contract.tenancy->tenant_of_schema(schema.name))) schemas.push_back(&schema);
  }
  return schemas;
}

std::vector<TenantState> tenants(const Contract& contract, const Observation& observation) {
  if (!contract.tenancy) return {};
  std::map<Uuid, TenantState> found;
  const auto of = [&](const Uuid& id) -> TenantState& {
    auto& state = found[id];
    state.id = id;
    return state;
  };
  for (const auto& tenant : observation.registry.tenants) of(tenant.id).registered = &tenant;
  for (const auto& schema : observation.schemas)
    if (const auto id = contract.tenancy->tenant_of_schema(schema.name)) of(*id).schema = &schema;
  for (const auto& role : observation.roles)
    if (const auto id = contract.tenancy->tenant_of_role(role.name)) of(*id).role = &role;
  std::vector<TenantState> states;
  states.reserve(found.size());
  for (const auto& [id, state] : found) states.push_back(state);
  return states;
}

std::vector<std::string> role_settings(const Contract& contract, const Uuid& tenant) {
  return {fmt::format("{}={}", contract.tenancy->setting, tenant.canonical()),
          fmt::format("search_path={}, {}", quoted(contract.tenancy->schema_of(tenant)),
                      quoted(contract.schemas.application.name))};
}

}  // namespace pgcontract::tenancy
