#pragma once
// The acts of a tenant's life after onboarding, as plans: suspend, resume, rename, delete. Each tenant's steps follow
// each other, so that one tenant's failure stops that tenant alone; each act leaves its evidence in its own
// transaction; every step may run again. Pure.

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "model/clause.hpp"
#include "model/step.hpp"

namespace pgcontract::plan {

// NOLOGIN first, in a transaction of its own; then the sessions that are still there are ended.
Plan suspend_tenants(const Judged& judged, std::span<const Uuid> tenants);
Plan resume_tenants(const Judged& judged, std::span<const Uuid> tenants);
Plan rename_tenant(const Uuid& tenant, const std::string& display_name);

// Of an export that is done: evidence alone.
Plan record_export(const Uuid& tenant, const std::string& manifest_sha256);

struct Deletions {
  std::span<const Uuid> tenants;
  std::map<Uuid, std::int64_t> large_objects;  // how many the tenant's role owns
  int workers = 1;                             // transactions side by side: they share the server's lock table
};
// For each tenant: refuse where that would touch what is not the tenant's, suspend, then inventory and removal in one
// transaction (a schema of many tables: in several that fit the lock table), then a second look for what is left.
Plan delete_tenants(const Judged& judged, const Deletions& deletions);

// What delete_tenants() asks first, as statements that change nothing and fail with the reason.
std::vector<std::string> deletion_checks(const Judged& judged, const Uuid& tenant);
// A query of what the tenant has: object, kind, rows, bytes, sha256.
std::string inventory_query(const Judged& judged, const Uuid& tenant, std::int64_t large_objects);

}  // namespace pgcontract::plan
