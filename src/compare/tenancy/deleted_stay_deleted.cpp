// A deletion is a promise to a customer, and a restore breaks it in silence: the backup knows nothing of what was
// deleted after it was taken. The tombstones beside the contract do.

#include <fmt/format.h>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/tombstones.hpp"

namespace pgcontract::compare {
namespace {

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  Examined result;
  const auto subject = [](const Uuid& id) { return Subject{"tenant", "", id.canonical(), ""}; };
  for (const auto& tenant : tenancy::risen(judged.contract, judged.observation))
    result.findings.push_back(wording::finding(
        subject(tenant.id), fmt::format("was deleted at {}, and here again: {}", tenant.deleted_at, tenant.what),
        {"risen"}, "pgcontract tenant delete --replay"));
  for (const auto* tenant : tenancy::unkept(judged.observation))
    result.findings.push_back(wording::finding(
        subject(tenant->id),
        fmt::format("was deleted at {}, which {} does not tell: the restore of an older backup would bring it back",
                    tenant->deleted_at, judged.contract.tenancy->tombstones),
        {"unkept"}, "pgcontract tenant delete " + tenant->id.canonical()));
  std::size_t deleted = 0;
  for (const auto& tenant : judged.observation.registry.tenants) deleted += tenant.state == "deleted";
  result.examined = counted(std::max(deleted, judged.observation.tombstones.size()), "tombstone");
  return result;
}

}  // namespace

const Clause kTenancyDeletedStayDeleted = {
    .id = "tenancy.deleted_stay_deleted",
    .title = "a deleted tenant stays deleted, also behind a restore",
    .sentence = "Each tenant receives a dedicated schema (design rule: and its deletion survives every restore).",
    .why =
        "Backups taken before a deletion hold the tenant still. Whoever restores one brings the tenant back, with its "
        "role and its rows, and the registry in that same backup calls it active. So each deletion is kept in a file "
        "beside the contract as well, out of reach of any restore, and is done again where it was undone.",
    .needs = {Fact::Roles, Fact::Schemas, Fact::Registry},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
