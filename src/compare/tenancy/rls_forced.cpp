// A table's owner is exempt from its policies unless they are forced; whatever runs as the owner (a view, a definer
// function, a migration) would then read all tenants.

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  Examined result;
  const auto tables = tenancy::shared_tables(judged.contract, judged.observation);
  for (const Relation* table : tables)
    if (!table->rls_forced)
      result.findings.push_back(wording::finding(subject_of(judged.observation, *table),
                                                 "row-level security does not bind the table's owner", {"force"}));
  result.examined = counted(tables.size(), "shared table");
  return result;
}

}  // namespace

const Clause kTenancyRlsForced = {
    .id = "tenancy.rls_forced",
    .title = "row-level security binds the owner of a shared table too",
    .sentence = "A SECURITY DEFINER function ensures tenants cannot cross schema boundaries.",
    .why =
        "A view or a SECURITY DEFINER function reads with its owner's privileges, and the owner of a table is exempt "
        "from the table's policies. One such view that a tenant may select from shows the rows of all tenants. FORCE "
        "ROW LEVEL SECURITY ends the exemption, so that code owned by the owner is bound like everybody else.",
    .needs = {Fact::Schemas, Fact::Relations, Fact::Columns},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
