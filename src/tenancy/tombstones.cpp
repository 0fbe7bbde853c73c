#include "tenancy/tombstones.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace pgcontract::tenancy {
namespace {

const RegisteredTenant* registered(const Observation& observation, const Uuid& id) {
  const auto& tenants = observation.registry.tenants;
  const auto at = std::ranges::lower_bound(tenants, id, {}, &RegisteredTenant::id);
  return at != tenants.end() && at->id == id ? &*at : nullptr;
}

}  // namespace

Text deleted_at(const Observation& observation, const Uuid& id) {
  const RegisteredTenant* row = registered(observation, id);
  Text last = row && row->state == "deleted" ? row->deleted_at : Text();
  for (const auto& tombstone : std::ranges::equal_range(observation.tombstones, id, {}, &Tombstone::id))
    last = std::max(last, tombstone.deleted_at);
  return row && row->state != "deleted" && row->created_at > last ? Text() : last;
}

std::vector<Risen> risen(const Contract& contract, const Observation& observation) {
  std::vector<Risen> found;
  if (!contract.tenancy) return found;
  std::set<Uuid> deleted;
  for (const auto& tombstone : observation.tombstones) deleted.insert(tombstone.id);
  for (const auto& tenant : observation.registry.tenants)
    if (tenant.state == "deleted") deleted.insert(tenant.id);
  for (const auto& id : deleted) {
    const Text when = deleted_at(observation, id);
    if (when.empty()) continue;
    std::vector<std::string_view> what;
    if (observation.schema_named(contract.tenancy->schema_of(id))) what.emplace_back("its schema");
    if (observation.role_named(contract.tenancy->role_of(id))) what.emplace_back("its role");
    const RegisteredTenant* row = registered(observation, id);
    if (row && row->state != "deleted") what.emplace_back("its place in the registry");
    if (!what.empty()) found.push_back({id, when, fmt::format("{}", fmt::join(what, ", "))});
  }
  return found;
}

std::vector<const RegisteredTenant*> unkept(const Observation& observation) {
  std::vector<const RegisteredTenant*> found;
  for (const auto& tenant : observation.registry.tenants) {
    if (tenant.state != "deleted") continue;
    const auto kept = std::ranges::equal_range(observation.tombstones, tenant.id, {}, &Tombstone::id);
    if (std::ranges::none_of(kept, [&](const Tombstone& t) { return t.deleted_at == tenant.deleted_at; }))
      found.push_back(&tenant);
  }
  return found;
}

}  // namespace pgcontract::tenancy
