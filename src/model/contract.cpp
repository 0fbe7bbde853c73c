#include "model/contract.hpp"

namespace pgcontract {
namespace {

constexpr std::string_view kIdPlace = "{id}";

std::string fill(const std::string& pattern, const Uuid& id) {
  std::string name = pattern;
  if (const auto at = name.find(kIdPlace); at != std::string::npos) name.replace(at, kIdPlace.size(), id.hex());
  return name;
}

// Only the exact spelling counts: lower-case digits without hyphens. PostgreSQL would keep another spelling apart.
std::optional<Uuid> match(const std::string& pattern, std::string_view name) {
  const auto at = pattern.find(kIdPlace);
  if (at == std::string::npos) return std::nullopt;
  const std::string_view before = std::string_view(pattern).substr(0, at);
  const std::string_view after = std::string_view(pattern).substr(at + kIdPlace.size());
  if (name.size() != before.size() + 32 + after.size() || !name.starts_with(before) || !name.ends_with(after))
    return std::nullopt;
  const std::string_view digits = name.substr(before.size(), 32);
  auto id = Uuid::parse(digits);
  if (!id || id->hex() != digits) return std::nullopt;
  return *id;
}

// Roles are the cluster's: those of a copy's canaries stand beside the real tenants', neither the other's business.
std::optional<Uuid> only(bool canaries, std::optional<Uuid> id) {
  return id && is_canary(*id) == canaries ? id : std::nullopt;
}

}  // namespace

std::string_view to_string(TenancyProfile profile) { return profile == TenancyProfile::Strict ? "strict" : "standard"; }

bool is_canary(const Uuid& id) { return id.canonical().starts_with(kCanaryPrefix); }

std::string Tenancy::schema_of(const Uuid& id) const { return fill(schema_pattern, id); }
std::string Tenancy::role_of(const Uuid& id) const { return fill(role_pattern, id); }
std::optional<Uuid> Tenancy::tenant_of_schema(std::string_view name) const {
  return only(of_canaries, match(schema_pattern, name));
}
std::optional<Uuid> Tenancy::tenant_of_role(std::string_view name) const {
  return only(of_canaries, match(role_pattern, name));
}

}  // namespace pgcontract
