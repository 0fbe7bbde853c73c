// Policies bind nobody until row-level security is switched on, table by table; a partition has a switch of its own,
// and a query that names the partition meets only that one.

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
    if (!table->rls_enabled)
      result.findings.push_back(wording::finding(subject_of(judged.observation, *table),
                                                 "row-level security is off, so its policies bind nobody", {"enable"}));
  result.examined = counted(tables.size(), "shared table");
  return result;
}

}  // namespace

const Clause kTenancyRlsEnabled = {
    .id = "tenancy.rls_enabled",
    .title = "row-level security is on for every table that tenants share",
    .sentence =
        "CREATE POLICY tenant_row_level_policy ON stratmaster_api.reports USING (tenant_id = "
        "current_setting('app.tenant_id')::uuid);",
    .why =
        "CREATE POLICY alone changes nothing: without ENABLE ROW LEVEL SECURITY every tenant reads every row. Each "
        "partition needs it too, because a query on the partition itself asks the partition's policies, not its "
        "parent's.",
    .needs = {Fact::Schemas, Fact::Relations, Fact::Columns},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
