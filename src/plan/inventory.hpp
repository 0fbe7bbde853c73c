#pragma once
// What a tenant has, as SQL: every table with its rows, bytes and a hash over its content, whatever the order of its
// rows. Shown before a deletion, and kept as evidence in the transaction that removes it. Pure; private to plan/.

#include <string>
#include <vector>

#include "model/clause.hpp"

namespace pgcontract::plan {

// Tables that hold rows of several tenants and are no other's part: rows are deleted and counted through these.
std::vector<const Relation*> shared_roots(const Judged& judged);

// Tables and materialized views outside the tenants' schemas that have the shared column and are no part of those: a
// deletion does not reach them. And how many rows of the tenant one of them has, as a query.
std::vector<const Relation*> beyond_deletion(const Judged& judged);
std::string count_beyond(const Judged& judged, const Relation& relation, const Uuid& tenant);

// One SELECT each of (object, kind, rows, bytes, sha256).
std::string table_inventory(const Observation& observation, const Relation& relation);
std::string shared_inventory(const Judged& judged, const Relation& relation, const Uuid& tenant);
std::string large_object_inventory(const std::string& role);

std::string union_of(const std::vector<std::string>& selects);
// The INSERT of evidence `tenant_inventory` over a union of those.
std::string inventory_evidence(const Uuid& tenant, const std::vector<std::string>& selects);

}  // namespace pgcontract::plan
