#include "plan/inventory.hpp"

#include <fmt/format.h>

#include <set>

#include "plan/lifecycle.hpp"
#include "plan/tenant_sql.hpp"

namespace pgcontract::plan {
namespace {

// Each row's SHA-256, added up as four words without carry between them: the sum does not depend on the rows' order,
// and needs no memory, however large the table. The rows' count and the sums are hashed again.
std::string select_of(std::string_view object, std::string_view kind, std::string_view bytes, std::string_view row,
                      std::string_view from) {
  std::string sums;
  for (int word = 0; word < 4; ++word)
    sums += fmt::format(
        ", pg_catalog.sum(pg_catalog.concat('x', pg_catalog.substr(t.h, {}, 16))::pg_catalog.\"bit\"(64)"
        "::pg_catalog.int8)",
        1 + 16 * word);
  return fmt::format(
      "SELECT {0}::pg_catalog.text AS object, {1}::pg_catalog.text AS kind, pg_catalog.count(*) AS rows, "
      "COALESCE({2}, 0)::pg_catalog.int8 AS bytes, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to("
      "pg_catalog.concat_ws(',', pg_catalog.count(*){3}), 'UTF8')), 'hex') AS sha256 FROM (SELECT {4}) AS t",
      quoted_literal(object), quoted_literal(kind), bytes, sums, fmt::format("{} FROM {}", row, from));
}

constexpr std::string_view kHashOfRow =
    "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(ROW(r.*)::pg_catalog.text, "
    "pg_catalog.getdatabaseencoding())), 'hex') AS h";

}  // namespace

std::vector<const Relation*> shared_roots(const Judged& judged) {
  const auto tables = tenancy::shared_tables(judged.contract, judged.observation);
  std::set<Oid> shared;
  for (const Relation* table : tables) shared.insert(table->oid);
  auto roots = tables;
  std::erase_if(roots, [&](const Relation* r) { return shared.contains(r->parent); });
  return roots;
}

std::vector<const Relation*> beyond_deletion(const Judged& judged) {
  const Observation& seen = judged.observation;
  const Tenancy& tenancy = *judged.contract.tenancy;
  std::set<Oid> roots;
  for (const Relation* root : shared_roots(judged)) roots.insert(root->oid);
  std::set<Oid> reached;
  for (const auto& schema : seen.schemas)
    if (schema.name == tenancy::kSchema || tenancy.tenant_of_schema(schema.name)) reached.insert(schema.oid);
  std::vector<const Relation*> found;
  for (const auto& relation : seen.relations) {
    if ((relation.kind != 'r' && relation.kind != 'm') || reached.contains(relation.schema)) continue;
    if (!seen.column_named(relation.oid, tenancy.shared_column)) continue;
    const Relation* top = &relation;
    while (top && !roots.contains(top->oid)) top = top->parent == 0 ? nullptr : seen.relation(top->parent);
    if (!top) found.push_back(&relation);
  }
  return found;
}

std::string count_beyond(const Judged& judged, const Relation& relation, const Uuid& tenant) {
  const Column* column = judged.observation.column_named(relation.oid, judged.contract.tenancy->shared_column);
  const std::string name = "r." + quoted(column->name);
  return fmt::format("SELECT pg_catalog.count(*) FROM ONLY {} AS r WHERE {} OPERATOR(pg_catalog.=) {}",
                     judged.observation.name_of(relation),
                     column->type_name == "uuid" ? name : fmt::format("pg_catalog.lower({}::pg_catalog.text)", name),
                     quoted_literal(tenant.canonical()));
}

std::string table_inventory(const Observation& observation, const Relation& relation) {
  const std::string name = observation.name_of(relation);
  return select_of(name, relation.kind == 'S' ? "sequence" : "table",
                   fmt::format("pg_catalog.pg_total_relation_size({}::pg_catalog.regclass)", quoted_literal(name)),
                   kHashOfRow, fmt::format("ONLY {} AS r", name));
}

std::string shared_inventory(const Judged& judged, const Relation& relation, const Uuid& tenant) {
  const std::string name = judged.observation.name_of(relation);
  return select_of(name, "shared rows", "pg_catalog.sum(t.size)",
                   fmt::format("{}, pg_catalog.pg_column_size(r.*) AS size", kHashOfRow),
                   fmt::format("{} AS r WHERE r.{} OPERATOR(pg_catalog.=) {}", name,
                               quoted(judged.contract.tenancy->shared_column), quoted_literal(tenant.canonical())));
}

std::string large_object_inventory(const std::string& role) {
  return select_of(
      "large objects", "large objects", "pg_catalog.sum(t.size)",
      "pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.concat_ws(',', m.oid, "
      "pg_catalog.string_agg("
      "pg_catalog.concat(r.pageno, ':', pg_catalog.encode(pg_catalog.sha256(r.data), 'hex')), ',' ORDER BY r.pageno)), "
      "'UTF8')), 'hex') AS h, pg_catalog.sum(pg_catalog.length(r.data)) AS size",
      fmt::format("pg_catalog.pg_largeobject_metadata AS m LEFT JOIN pg_catalog.pg_largeobject AS r ON r.loid "
                  "OPERATOR(pg_catalog.=) m.oid WHERE m.lomowner OPERATOR(pg_catalog.=) {}::pg_catalog.regrole "
                  "GROUP BY m.oid",
                  quoted_literal(quoted(role))));
}

std::string union_of(const std::vector<std::string>& selects) {
  return fmt::format("{}", fmt::join(selects, "\nUNION ALL "));
}

std::string inventory_evidence(const Uuid& tenant, const std::vector<std::string>& selects) {
  constexpr std::string_view kDetail =
      "pg_catalog.jsonb_build_object('sha256', pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(COALESCE("
      "pg_catalog.string_agg(pg_catalog.concat_ws(' ', i.object, i.kind, i.rows, i.sha256), '\n' ORDER BY i.object, "
      "i.kind), ''), 'UTF8')), 'hex'), 'rows', pg_catalog.sum(i.rows), 'bytes', pg_catalog.sum(i.bytes), 'objects', "
      "COALESCE(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(i) ORDER BY i.object, i.kind), '[]'::pg_catalog.jsonb))";
  return evidence("tenant_inventory", tenant, kDetail, fmt::format("(\n{}) AS i", union_of(selects)));
}

std::string inventory_query(const Judged& judged, const Uuid& tenant, std::int64_t large_objects) {
  std::vector<std::string> selects;
  const Tenancy& tenancy = *judged.contract.tenancy;
  if (const Schema* schema = judged.observation.schema_named(tenancy.schema_of(tenant)))
    for (const auto& relation : judged.observation.relations_of(schema->oid))
      if (relation.kind == 'r' || relation.kind == 'S')
        selects.push_back(table_inventory(judged.observation, relation));
  for (const Relation* relation : shared_roots(judged)) selects.push_back(shared_inventory(judged, *relation, tenant));
  if (large_objects > 0) selects.push_back(large_object_inventory(tenancy.role_of(tenant)));
  if (selects.empty()) return {};
  return union_of(selects);
}

}  // namespace pgcontract::plan
