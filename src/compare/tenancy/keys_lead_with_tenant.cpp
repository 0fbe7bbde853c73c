// Keys are checked below row-level security: a unique index without the tenant tells one tenant which values another
// has, and a foreign key without it lets a row point at another tenant's.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <unordered_set>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

// "tenant_id, slug" of attribute numbers, the shared column first; empty where one is an expression.
std::string leading_list(const Observation& o, Oid relation, const Column& lead, const std::vector<int>& numbers) {
  std::vector<std::string> names{quoted(lead.name)};
  const auto columns = o.columns_of(relation);
  for (int number : numbers) {
    if (number == lead.number) continue;
    const auto at = std::ranges::find(columns, number, &Column::number);
    if (at == columns.end()) return {};
    names.push_back(quoted(at->name));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

bool leads(const std::vector<int>& numbers, const Column& column) {
  return !numbers.empty() && numbers.front() == column.number;
}

Subject subject_below(const Observation& o, const Relation& table, std::string kind, std::string_view part) {
  Subject subject = subject_of(o, table);
  subject.kind = std::move(kind);
  subject.part = part;
  return subject;
}

void judge_index(const Judged& judged, const Relation& table, const Index& index, const Column& shared,
                 std::vector<Finding>& findings) {
  if ((!index.unique && !index.primary) || leads(index.key_columns, shared)) return;
  const Observation& o = judged.observation;
  const std::string columns = leading_list(o, table.oid, shared, index.key_columns);
  // On a partitioned table an index cannot be built concurrently.
  const std::string consider = columns.empty() || index.partial
                                   ? ""
                                   : fmt::format("CREATE UNIQUE INDEX{} ON {} ({})",
                                                 table.kind == 'p' ? "" : " CONCURRENTLY", o.name_of(table), columns);
  findings.push_back(
      wording::finding(subject_below(o, table, "index", index.name),
                       fmt::format("is {} that does not begin with {}",
                                   index.primary ? "a primary key" : "a unique index", quoted(shared.name)),
                       {index.primary ? "primary_key" : "unique"}, consider));
}

// PostgreSQL keeps one more constraint for each partition of the table a foreign key names; the one on the parent is
// the one people wrote.
bool repeats_parent(const Observation& o, const Constraint& key) {
  const Relation* referenced = o.relation(key.referenced);
  return referenced && referenced->is_partition &&
         std::ranges::any_of(o.constraints_of(key.relation), [&](const Constraint& other) {
           return other.kind == 'f' && other.referenced == referenced->parent && other.columns == key.columns;
         });
}

void judge_foreign_key(const Judged& judged, const Relation& table, const Constraint& key, const Column& shared,
                       const std::unordered_set<Oid>& reference, std::vector<Finding>& findings) {
  const Observation& o = judged.observation;
  const Relation* to = o.relation(key.referenced);
  if (key.kind != 'f' || !to || repeats_parent(o, key) || reference.contains(to->oid)) return;
  const Column* theirs = o.column_named(to->oid, judged.contract.tenancy->shared_column);
  if (theirs && leads(key.columns, shared) && leads(key.referenced_columns, *theirs)) return;
  const Subject subject = subject_below(o, table, "constraint", key.name);
  if (!theirs) {
    findings.push_back(wording::finding(
        subject,
        fmt::format("refers to {}, which has no {} and is not reference data", o.name_of(*to), quoted(shared.name)),
        {"foreign_key"}));
    return;
  }
  const std::string from_columns = leading_list(o, table.oid, shared, key.columns);
  const std::string to_columns = leading_list(o, to->oid, *theirs, key.referenced_columns);
  findings.push_back(wording::finding(
      subject, fmt::format("refers to {} by columns that do not begin with {}", o.name_of(*to), quoted(shared.name)),
      {"foreign_key"},
      fmt::format("ALTER TABLE {} ADD FOREIGN KEY ({}) REFERENCES {} ({})", o.name_of(table), from_columns,
                  o.name_of(*to), to_columns)));
}

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  const Observation& o = judged.observation;
  std::unordered_set<Oid> reference;
  for (const Relation* table : tenancy::reference_tables(judged.contract, o)) reference.insert(table->oid);
  Examined result;
  std::size_t keys = 0;
  for (const Relation* table : tenancy::shared_tables(judged.contract, o)) {
    if (table->is_partition) continue;  // a partition's keys are its parent's
    const Column& shared = *o.column_named(table->oid, judged.contract.tenancy->shared_column);
    for (const auto& index : o.indexes_of(table->oid)) {
      keys += index.unique || index.primary ? 1 : 0;
      judge_index(judged, *table, index, shared, result.findings);
    }
    for (const auto& constraint : o.constraints_of(table->oid)) {
      keys += constraint.kind == 'f' ? 1 : 0;
      judge_foreign_key(judged, *table, constraint, shared, reference, result.findings);
    }
  }
  result.examined = counted(keys, "key") + " of shared tables";
  return result;
}

}  // namespace

const Clause kTenancyKeysLeadWithTenant = {
    .id = "tenancy.keys_lead_with_tenant",
    .title = "keys, unique indexes and foreign keys of shared tables begin with the tenant",
    .sentence = "Keys, uniques and foreign keys lead with tenant_id (design rule behind tenant isolation).",
    .why =
        "PostgreSQL checks keys beneath row-level security. A unique index that leaves the tenant out answers "
        "\"already exists\" for rows of others, so that a tenant can guess their values, or take a name away from "
        "them; a foreign key that leaves it out accepts a row of another tenant as parent, proves that it exists and "
        "can keep it from being deleted. With the tenant in front every lookup also reads the tenant's part of the "
        "index only.",
    .needs = {Fact::Schemas, Fact::Relations, Fact::Columns, Fact::Constraints, Fact::Indexes},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
