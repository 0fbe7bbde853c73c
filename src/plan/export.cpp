#include "plan/export.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <set>

#include "plan/inventory.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::plan {
namespace {

std::string column_name(const Observation& seen, Oid relation, int number) {
  for (const auto& column : seen.columns_of(relation))
    if (column.number == number) return quoted(column.name);
  return "";
}

class Export {
 public:
  Export(const Judged& judged, const Uuid& tenant, const std::vector<Oid>& unreadable)
      : judged_(judged), seen_(judged.observation), tenant_(tenant), unreadable_(unreadable) {
    for (const Relation* relation : shared_roots(judged)) shared_.insert(relation->oid);
    if (const Schema* own = seen_.schema_named(judged.contract.tenancy->schema_of(tenant))) own_ = own->oid;
    for (const auto& constraint : seen_.constraints)
      if (constraint.kind == 'f') referrers_[constraint.referenced].push_back(&constraint);
  }

  ExportPlan plan() {
    for (const Relation* relation : shared_roots(judged_)) add(*relation, true, condition(*relation));
    const Schema* application = seen_.schema_named(judged_.contract.schemas.application.name);
    if (!application) return std::move(plan_);
    for (const auto& relation : seen_.relations_of(application->oid)) {
      if (!tenancy::is_table(relation) || relation.is_partition || shared_.contains(relation.oid)) continue;
      if (std::string wanted = condition(relation); wanted != kNone) refer_to(relation, wanted);
    }
    return std::move(plan_);
  }

 private:
  static constexpr std::string_view kAll = "true";
  static constexpr std::string_view kNone = "false";

  void refer_to(const Relation& relation, const std::string& wanted) {
    if (std::ranges::find(unreadable_, relation.oid) == unreadable_.end()) return add(relation, false, wanted);
    for (const Constraint* constraint : referrers_[relation.oid])
      plan_.foreign_keys_left_out.emplace_back(constraint->name);
  }

  // Which rows of the relation, called t, belong to the export.
  std::string condition(const Relation& relation) {
    if (shared_.contains(relation.oid))
      return fmt::format("t.{} OPERATOR(pg_catalog.=) {}", quoted(judged_.contract.tenancy->shared_column),
                         quoted_literal(tenant_.canonical()));
    if (relation.schema == own_) return std::string(kAll);
    if (!under_way_.insert(relation.oid).second) return std::string(kAll);  // tables that refer in a circle
    std::string any;
    for (const Constraint* constraint : referrers_[relation.oid]) {
      const Relation* from = seen_.relation(constraint->relation);
      if (!from || from->is_partition || constraint->relation == relation.oid) continue;
      if (!concerns(*from)) continue;
      const std::string theirs = condition(*from);
      if (theirs == kNone) continue;
      std::string match;
      for (std::size_t i = 0; i < constraint->columns.size() && i < constraint->referenced_columns.size(); ++i)
        match +=
            fmt::format(" AND t.{} OPERATOR(pg_catalog.=) r.{}", column_name(seen_, from->oid, constraint->columns[i]),
                        column_name(seen_, relation.oid, constraint->referenced_columns[i]));
      any += fmt::format("{}EXISTS (SELECT FROM {} AS t WHERE {}{})", any.empty() ? "" : " OR ", seen_.name_of(*from),
                         theirs, match);
    }
    under_way_.erase(relation.oid);
    // Inside EXISTS the outer table is r; as a referrer itself it is called t.
    if (any.empty()) return std::string(kNone);
    return fmt::format("t.ctid OPERATOR(pg_catalog.=) ANY (ARRAY(SELECT r.ctid FROM {} AS r WHERE {}))",
                       seen_.name_of(relation), any);
  }

  bool concerns(const Relation& relation) const {
    const Schema* application = seen_.schema_named(judged_.contract.schemas.application.name);
    return relation.schema == own_ || (application && relation.schema == application->oid);
  }

  void add(const Relation& relation, bool shared, const std::string& where) {
    ExportedTable table{&relation, shared, "", "", {}};
    const std::string name = seen_.name_of(relation);
    std::string columns, selected;
    for (const auto& column : seen_.columns_of(relation.oid)) {
      if (column.generated != 0) continue;
      columns += (columns.empty() ? "" : ", ") + quoted(column.name);
      selected += (selected.empty() ? "t." : ", t.") + quoted(column.name);
      if (column.identity != 0 || column.default_expression.starts_with("nextval("))
        table.sequences.push_back(fmt::format(
            "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence({}, {}), pg_catalog.max({})) FROM {} HAVING "
            "pg_catalog.count(*) > 0",
            quoted_literal(name), quoted_literal(column.name), quoted(column.name), name));
    }
    table.copy = fmt::format("COPY (SELECT {} FROM {} AS t WHERE {}) TO STDOUT", selected, name, where);
    table.into = fmt::format("COPY {} ({}) FROM stdin", name, columns);
    plan_.tables.push_back(std::move(table));
  }

  const Judged& judged_;
  const Observation& seen_;
  Uuid tenant_;
  const std::vector<Oid>& unreadable_;
  Oid own_ = 0;
  std::set<Oid> shared_;
  std::set<Oid> under_way_;
  std::map<Oid, std::vector<const Constraint*>> referrers_;
  ExportPlan plan_;
};

}  // namespace

ExportPlan exported_tables(const Judged& judged, const Uuid& tenant, const std::vector<Oid>& unreadable) {
  return Export(judged, tenant, unreadable).plan();
}

}  // namespace pgcontract::plan
