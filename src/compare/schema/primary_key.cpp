#include <algorithm>

#include "compare/declarations.hpp"
#include "compare/scope.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

Examined check(const Judged& judged) {
  const Observation& seen = judged.observation;
  Examined examined;
  std::size_t count = 0;
  for (const Schema* schema : tenancy::governed_schemas(judged.contract, seen)) {
    for (const Relation& relation : seen.relations_of(schema->oid)) {
      if (!tenancy::is_table(relation) || relation.is_partition) continue;  // a partition inherits its parent's key
      ++count;
      const auto constraints = seen.constraints_of(relation.oid);
      if (std::ranges::find(constraints, 'p', &Constraint::kind) != constraints.end()) continue;
      Finding finding;
      finding.subject = subject_of(seen, relation);
      finding.message = "has no primary key";
      examined.findings.push_back(std::move(finding));
    }
  }
  examined.examined = counted(count, "table");
  return examined;
}

}  // namespace

const Clause kSchemaPrimaryKey = {
    .id = "schema.primary_key",
    .title = "every table has a primary key",
    .sentence = "Logical replication enabled for reporting workloads (design rule: every table has a primary key).",
    .why =
        "Without a key a published table refuses UPDATE and DELETE, a duplicate row cannot be taken away, and a "
        "restored table cannot be compared with the original row by row.",
    .needs = {Fact::Schemas, Fact::Relations, Fact::Constraints},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
