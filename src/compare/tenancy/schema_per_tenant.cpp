// Each tenant receives a dedicated schema. The registry is the list of tenants; the schemas must be that list, no more
// and no less: a schema nobody registered holds data that nobody migrates, backs up or removes.

#include <fmt/format.h>

#include <algorithm>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_in_any_case(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, lower, lower); }

// The text in the place of the id, where a name has the pattern's surroundings in upper or lower case.
std::optional<std::string_view> id_place(std::string_view pattern, std::string_view name) {
  constexpr std::string_view kIdPlace = "{id}";
  const auto at = pattern.find(kIdPlace);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view before = pattern.substr(0, at);
  const std::string_view after = pattern.substr(at + kIdPlace.size());
  if (name.size() < before.size() + after.size() || !same_in_any_case(name.substr(0, before.size()), before) ||
      !same_in_any_case(name.substr(name.size() - after.size()), after))
    return std::nullopt;
  return name.substr(before.size(), name.size() - before.size() - after.size());
}

bool named_by_contract(const Contract& contract, std::string_view name) {
  const auto& schemas = contract.schemas;
  return name == schemas.application.name || (schemas.demo && name == schemas.demo->name) ||
         (schemas.telemetry && name == schemas.telemetry->name) || name == schemas.extensions ||
         name == tenancy::kSchema;
}

// A schema somebody meant for a tenant, but under a name that PostgreSQL and we keep apart from the tenant's.
std::optional<Finding> misspelt(const Judged& judged, const Schema& schema) {
  const Tenancy& tenancy = *judged.contract.tenancy;
  if (tenancy.tenant_of_schema(schema.name) || named_by_contract(judged.contract, schema.name)) return std::nullopt;
  const auto place = id_place(tenancy.schema_pattern, schema.name);
  if (!place) return std::nullopt;
  std::string digits(*place);
  std::erase_if(digits, [](char c) { return c == '-' || c == '_'; });
  const auto id = Uuid::parse(digits);
  // A pattern without any text of its own would make every schema look like a tenant's.
  if (!id && place->size() == schema.name.size()) return std::nullopt;
  const std::string right = id ? tenancy.schema_of(*id) : "";
  const bool can_rename = id && !judged.observation.schema_named(right);
  return wording::finding(
      schema_subject(schema.name),
      fmt::format("looks like a tenant's schema, but a tenant's is {} with 32 lower-case hexadecimal digits",
                  tenancy.schema_pattern),
      {"misspelt"},
      can_rename ? fmt::format("ALTER SCHEMA {} RENAME TO {}", quoted(schema.name), quoted(right))
                 : fmt::format("DROP SCHEMA {} RESTRICT", quoted(schema.name)));
}

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  const Tenancy& tenancy = *judged.contract.tenancy;
  Examined result;
  std::size_t registered = 0;
  for (const auto& tenant : tenancy::tenants(judged.contract, judged.observation)) {
    if (tenant.registered && tenant.registered->state != "deleted") {
      ++registered;
      const Text owner = tenant.schema ? judged.observation.role_name(tenant.schema->owner) : Text();
      if (!tenant.schema)
        result.findings.push_back(
            wording::finding(schema_subject(tenancy.schema_of(tenant.id)),
                             fmt::format("is missing, tenant {} is registered", tenant.id.canonical()), {"missing"}));
      else if (owner != tenancy.roles.owner)
        result.findings.push_back(wording::finding(
            schema_subject(tenant.schema->name),
            fmt::format("is owned by {}, wanted {}", quoted(owner), quoted(tenancy.roles.owner)), {"owner"}));
    } else if (tenant.schema) {
      // There may be data in it, so only an empty schema goes without a second thought: RESTRICT.
      result.findings.push_back(wording::finding(
          schema_subject(tenant.schema->name),
          tenant.registered ? "belongs to a tenant that was deleted" : "belongs to no tenant of the registry",
          {"unregistered"}, fmt::format("DROP SCHEMA {} RESTRICT", quoted(tenant.schema->name))));
    }
  }
  for (const auto& schema : judged.observation.schemas)
    if (auto finding = misspelt(judged, schema)) result.findings.push_back(std::move(*finding));
  result.examined = counted(registered, "registered tenant");
  return result;
}

}  // namespace

const Clause kTenancySchemaPerTenant = {
    .id = "tenancy.schema_per_tenant",
    .title = "every tenant has a schema of its own, and every such schema a tenant",
    .sentence = "Each tenant receives a dedicated schema (`tenant_<id>`).",
    .why =
        "A tenant without its schema cannot work. A schema without a registered tenant is worse: it is left out of "
        "migrations and of offboarding, so that data stays behind that nobody answers for. A name that is almost "
        "right (upper case, hyphens) is another schema for PostgreSQL, which no search_path will ever meet.",
    .needs = {Fact::Roles, Fact::Schemas, Fact::Registry},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
