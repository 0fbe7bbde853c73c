#pragma once
// What the steps of tenants' lives are written with: a tenant's names, evidence rows, DO blocks. Pure; private to
// plan/.

#include <string>
#include <string_view>
#include <vector>

#include "model/contract.hpp"
#include "model/observation.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::plan {

struct TenantNames {
  Uuid id;
  std::string schema;  // quoted
  std::string role;    // quoted
  std::string owner;   // quoted
};
TenantNames names_of(const Contract& contract, const Uuid& id);

// INSERT of one row of evidence on a tenant; `detail` is an SQL expression of type jsonb. Part of the transaction that
// makes the change, so that one is never there without the other.
std::string evidence(std::string_view kind, const Uuid& tenant, std::string_view detail);
// The same around a FROM clause that `detail` refers to.
std::string evidence(std::string_view kind, const Uuid& tenant, std::string_view detail, std::string_view from);

// DO with a quotation that does not occur in the body.
std::string do_block(std::string_view body);

// Takes a membership back (or its ADMIN OPTION alone), whoever granted it: from 16 on each grantor's by itself.
std::vector<std::string> revoke_membership(const Observation& observation, const Membership& membership,
                                           bool admin_alone = false);

// All of `from` replaced by `to`.
std::string replaced(std::string text, std::string_view from, std::string_view to);

}  // namespace pgcontract::plan
