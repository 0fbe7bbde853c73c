// The deletion of tenants (doc/decisions/0009-tombstones.md).
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/embedded.hpp"
#include "plan/inventory.hpp"
#include "plan/lifecycle.hpp"
#include "plan/tenant_sql.hpp"
#include "plan/tenant_steps.hpp"

namespace pgcontract::plan {

std::span<const EmbeddedText> embedded_texts();

namespace {

constexpr std::string_view kClause = "tenancy.deleted_stay_deleted";
constexpr std::int64_t kLargeObjectsPerStep = 1000;

std::string body_of(std::string_view name) {
  std::string_view body = find_embedded(embedded_texts(), name);
  while (body.starts_with("--")) body.remove_prefix(body.find('\n') + 1);
  return "\n" + std::string(body);
}

// What would go with the schema.
std::string objects_check(const Judged& judged, const Uuid& tenant) {
  const Tenancy& tenancy = *judged.contract.tenancy;
  constexpr std::string_view kOfSchemas =
      "UNION ALL SELECT pg_catalog.format('%I has the whole schema', p.pubname) "
      "FROM pg_catalog.pg_publication_namespace AS s JOIN pg_catalog.pg_publication AS p "
      "ON p.oid OPERATOR(pg_catalog.=) s.pnpubid WHERE s.pnnspid OPERATOR(pg_catalog.=) home";
  std::string text = replaced(body_of("sql/deletion_check.sql"), "{publications_of_schemas}",
                              judged.observation.server.version_num >= 150000 ? kOfSchemas : "");
  text = replaced(std::move(text), "{schema}", quoted_literal(tenancy.schema_of(tenant)));
  return do_block(replaced(std::move(text), "{role}", quoted_literal(tenancy.role_of(tenant))));
}

// (place, query) for each place that the deletion does not reach, in plpgsql; `then` has the count as `counted`. A
// materialized view that was not populated cannot be asked, and has none.
std::string loop_beyond(const Judged& judged, const Uuid& tenant, std::string_view then) {
  std::string values;
  for (const Relation* relation : beyond_deletion(judged))
    values += fmt::format("{}({}, {})", values.empty() ? "" : ",\n    ",
                          quoted_literal(judged.observation.name_of(*relation)),
                          quoted_literal(count_beyond(judged, *relation, tenant)));
  if (values.empty()) return {};
  return fmt::format(R"(
  FOR place IN SELECT * FROM (VALUES
    {}) AS p(name, query) LOOP
    CONTINUE WHEN NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c WHERE c.relispopulated
      AND c.oid OPERATOR(pg_catalog.=) pg_catalog.to_regclass(place.name)::pg_catalog.oid);
    EXECUTE place.query INTO counted;
    {}
  END LOOP;)",
                     values, then);
}

// Whose rows would go with the tenant's, and which of its own would stay: the latter is a look at whole tables, and is
// had once.
std::string rows_check(const Judged& judged, const Uuid& tenant, bool also_beyond) {
  const Tenancy& tenancy = *judged.contract.tenancy;
  std::string shared;
  for (const Relation* table : tenancy::shared_tables(judged.contract, judged.observation))
    shared += (shared.empty() ? "" : ", ") + quoted_literal(judged.observation.name_of(*table));
  std::string beyond;
  if (also_beyond)
    beyond = loop_beyond(judged, tenant,
                         "IF counted OPERATOR(pg_catalog.>) 0 THEN which := pg_catalog.concat_ws(', ', which, "
                         "pg_catalog.format('%s in %s', counted, place.name)); END IF;");
  if (!beyond.empty())
    beyond +=
        "\n  IF which IS NOT NULL THEN\n    RAISE EXCEPTION 'rows of the tenant are where its deletion does not reach: "
        "%', which\n      USING ERRCODE = 'object_in_use', HINT = 'Only the tables that tenants share are emptied: "
        "delete "
        "these rows first. A materialized view: REFRESH … WITH NO DATA, and again afterwards.';\n  END IF;";
  std::string text = replaced(body_of("sql/deletion_rows.sql"), "{schema}", quoted_literal(tenancy.schema_of(tenant)));
  text = replaced(std::move(text), "{column}", quoted_literal(tenancy.shared_column));
  text = replaced(std::move(text), "{tenant}", quoted_literal(tenant.canonical()));
  text = replaced(std::move(text), "{shared}", fmt::format("ARRAY[{}]::pg_catalog._text", shared));
  return do_block(replaced(std::move(text), "{places}", beyond));
}

std::int64_t number_of(const Observation& observation, std::string_view setting, std::int64_t otherwise) {
  std::int64_t value = otherwise;
  if (const Setting* found = observation.setting(setting))
    std::from_chars(found->value.data(), found->value.data() + found->value.size(), value);
  return value;
}

// How many locks one transaction may take: half of the server's table is left to everybody else (docs §20.12).
std::int64_t lock_budget(const Observation& observation, int workers) {
  const std::int64_t slots =
      number_of(observation, "max_locks_per_transaction", 64) *
      (number_of(observation, "max_connections", 100) + number_of(observation, "max_prepared_transactions", 0));
  return std::max<std::int64_t>(slots / 2 / std::max(1, workers), 64);
}

// DROP locks each object that goes: the table, its row types, its TOAST table and index, indexes, defaults,
// constraints, and four triggers for each end of a foreign key.
std::int64_t locks_to_drop(const Observation& observation, const Relation& relation) {
  std::int64_t locks = 6;
  locks += static_cast<std::int64_t>(observation.indexes_of(relation.oid).size());
  for (const auto& constraint : observation.constraints_of(relation.oid)) locks += constraint.kind == 'f' ? 6 : 1;
  for (const auto& column : observation.columns_of(relation.oid)) locks += !column.default_expression.empty();
  return locks;
}

class Deletion {
 public:
  Deletion(const Judged& judged, const Uuid& tenant, std::int64_t large_objects, std::int64_t budget)
      : judged_(judged),
        seen_(judged.observation),
        names_(names_of(judged.contract, tenant)),
        tenant_(tenant),
        role_(judged.contract.tenancy->role_of(tenant)),
        schema_(seen_.schema_named(judged.contract.tenancy->schema_of(tenant))),
        large_objects_(large_objects),
        budget_(budget) {}

  void plan(Plan& into) {
    Step suspend = suspension(judged_, tenant_, "tenant delete");
    const auto checks = deletion_checks(judged_, tenant_);
    suspend.statements.insert(suspend.statements.begin(), checks.begin(), checks.end());
    into.steps.push_back(std::move(suspend));
    into.steps.push_back(termination(judged_, tenant_));
    if (large_objects_ > kLargeObjectsPerStep) unlink_large_objects(into);
    drop_tables_in_chunks(into);
    into.steps.push_back(removal());
    into.steps.push_back(absence());
  }

 private:
  Step destroying(std::string object, std::string reason) const {
    Step step = tenant_step(tenant_, kClause, std::move(reason));
    step.object = std::move(object);
    step.lock = "ACCESS EXCLUSIVE on what is dropped";
    step.risk = Risk::Data;
    step.undo = "none: restore from a backup, or from pgcontract tenant export";
    return step;
  }

  std::string unlink() const {
    return fmt::format(
        "SELECT pg_catalog.count(pg_catalog.lo_unlink(m.oid)) FROM (SELECT m.oid FROM "
        "pg_catalog.pg_largeobject_metadata AS m WHERE m.lomowner OPERATOR(pg_catalog.=) (SELECT r.oid FROM "
        "pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) {}) ORDER BY m.oid LIMIT {}) AS m",
        quoted_literal(role_), kLargeObjectsPerStep);
  }

  // The first of these steps describes all of them, before any is gone; the last thousand goes with the rest.
  void unlink_large_objects(Plan& into) {
    for (std::int64_t done = 0; done + kLargeObjectsPerStep < large_objects_; done += kLargeObjectsPerStep) {
      Step step = destroying("large objects of tenant " + tenant_.canonical(),
                             "a transaction locks each large object it unlinks");
      if (done == 0) step.statements.push_back(inventory_evidence(tenant_, {large_object_inventory(role_)}));
      step.statements.push_back(unlink());
      into.steps.push_back(std::move(step));
    }
  }

  // Everything in one transaction where the locks allow it. Else tables go first, those before their parents that hang
  // on them, as many at a time as fit.
  void drop_tables_in_chunks(Plan& into) {
    if (!schema_) return;
    for (const auto& relation : seen_.relations_of(schema_->oid)) {
      if (relation.kind == 'r' || relation.kind == 'p') tables_.push_back(&relation);
      if (relation.kind == 'r' || relation.kind == 'S') counted_.push_back(&relation);
    }
    std::int64_t all = 0;
    for (const Relation* table : tables_) all += locks_to_drop(seen_, *table);
    if (all <= budget_) return;
    describe_sequences(into);
    std::ranges::stable_sort(tables_, std::ranges::greater{}, [&](const Relation* r) { return depth_of(r); });
    std::vector<const Relation*> chunk;
    std::int64_t locks = 0;
    const auto flush = [&] {
      if (!chunk.empty()) into.steps.push_back(drop_chunk(chunk));
      chunk.clear();
      locks = 0;
    };
    for (const Relation* table : tables_) {
      const std::int64_t more = locks_to_drop(seen_, *table);
      if (locks + more > budget_) flush();
      chunk.push_back(table);
      locks += more;
    }
    flush();
    counted_.clear();
  }

  int depth_of(const Relation* relation) const {
    int depth = 0;
    for (; relation && relation->parent != 0; relation = seen_.relation(relation->parent)) ++depth;
    return depth;
  }

  // They go with the tables whose columns they number, so all of them are described before any table goes.
  void describe_sequences(Plan& into) const {
    std::vector<std::string> selects;
    const auto flush = [&] {
      if (selects.empty()) return;
      Step step = tenant_step(tenant_, kClause, "sequences go with their tables, and are described before");
      step.object = fmt::format("{} sequences of tenant {}", selects.size(), tenant_.canonical());
      step.statements = {inventory_evidence(tenant_, selects)};
      step.undo = "nothing was changed";
      into.steps.push_back(std::move(step));
      selects.clear();
    };
    for (const Relation* relation : counted_) {
      if (relation->kind != 'S') continue;
      if (static_cast<std::int64_t>(selects.size()) >= budget_) flush();
      selects.push_back(table_inventory(seen_, *relation));
    }
    flush();
  }

  Step drop_chunk(const std::vector<const Relation*>& chunk) const {
    Step step = destroying(fmt::format("{} tables of tenant {}", chunk.size(), tenant_.canonical()),
                           "more tables than the server has locks for at a time");
    std::vector<std::string> selects, names;
    for (const Relation* table : chunk) {
      if (table->kind == 'r') selects.push_back(table_inventory(seen_, *table));
      names.push_back(seen_.name_of(*table));
    }
    step.statements.push_back(objects_check(judged_, tenant_));
    if (!selects.empty()) step.statements.push_back(inventory_evidence(tenant_, selects));
    step.statements.push_back(fmt::format("DROP TABLE IF EXISTS {} CASCADE", fmt::join(names, ", ")));
    // A run that was killed behind its commit has planned these tables again only if they are there.
    return step;
  }

  // As the tenant itself, so that its policies let it reach its own rows alone, and triggers run with its rights. What
  // foreign keys do is not bound by policies: that is looked up before. One statement for all tables: foreign keys
  // among them are checked at its end.
  void delete_shared_rows(Step& step) const {
    const auto roots = shared_roots(judged_);
    if (roots.empty()) return;
    step.statements.push_back(rows_check(judged_, tenant_, /*also_beyond=*/false));
    const std::string where =
        fmt::format("WHERE {} OPERATOR(pg_catalog.=) {}", quoted(judged_.contract.tenancy->shared_column),
                    quoted_literal(tenant_.canonical()));
    std::string script;
    for (std::size_t i = 0; i + 1 < roots.size(); ++i)
      script +=
          fmt::format("{}d{} AS (DELETE FROM {} {})", i == 0 ? "WITH " : ",\n  ", i, seen_.name_of(*roots[i]), where);
    script += fmt::format("{}DELETE FROM {} {}", script.empty() ? "" : "\n", seen_.name_of(*roots.back()), where);
    step.statements.push_back(fmt::format("SET LOCAL ROLE {}", names_.role));
    step.statements.emplace_back("SET LOCAL row_security = on");
    step.statements.push_back(
        fmt::format("SET LOCAL {} = {}", judged_.contract.tenancy->setting, quoted_literal(tenant_.canonical())));
    step.statements.push_back(std::move(script));
    step.statements.emplace_back("RESET ROLE");
    step.statements.emplace_back("SET LOCAL row_security = off");
  }

  Step removal() const {
    Step step = destroying("tenant " + tenant_.canonical(), "its deletion was asked for");
    const TenancyRoles& roles = judged_.contract.tenancy->roles;
    if (!seen_.role_named(role_)) {
      step.statements.push_back(fmt::format("CREATE ROLE {} NOLOGIN", names_.role));
      step.statements.push_back(fmt::format("GRANT {} TO {}", quoted(roles.tenant_group), names_.role));
    }
    // From here on hidden rows are an error: a policy that hides some from us would hide them from the inventory.
    step.statements.emplace_back("SET LOCAL row_security = off");
    std::vector<std::string> selects;
    for (const Relation* relation : counted_) selects.push_back(table_inventory(seen_, *relation));
    for (const Relation* relation : shared_roots(judged_))
      selects.push_back(shared_inventory(judged_, *relation, tenant_));
    if (large_objects_ > 0 && large_objects_ <= kLargeObjectsPerStep) selects.push_back(large_object_inventory(role_));
    if (!selects.empty()) step.statements.push_back(inventory_evidence(tenant_, selects));
    delete_shared_rows(step);
    if (large_objects_ > 0) step.statements.push_back(unlink());
    step.statements.push_back(objects_check(judged_, tenant_));
    step.statements.push_back(fmt::format("DROP SCHEMA IF EXISTS {} CASCADE", names_.schema));
    step.statements.push_back(fmt::format("DROP OWNED BY {}", names_.role));
    step.statements.push_back(fmt::format("DROP ROLE {}", names_.role));
    step.statements.push_back(tombstone());
    step.statements.push_back(evidence("tenant_deleted", tenant_,
                                       "pg_catalog.jsonb_build_object('inventory_sha256', t.inventory_sha256)",
                                       fmt::format("pgcontract.tenant AS t WHERE t.id OPERATOR(pg_catalog.=) {}",
                                                   quoted_literal(tenant_.canonical()))));
    return step;
  }

  // The hash over the hashes of all inventories since the tenant was last deleted: a deletion that was interrupted has
  // several.
  std::string tombstone() const {
    return fmt::format(
        "INSERT INTO pgcontract.tenant AS t (id, display_name, state, deleted_at, inventory_sha256)\nSELECT {0}, {0}, "
        "'deleted', pg_catalog.now(), pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(COALESCE("
        "pg_catalog.string_agg(e.detail OPERATOR(pg_catalog.->>) 'sha256', ',' ORDER BY e.id), ''), 'UTF8')), 'hex')\n"
        "FROM pgcontract.evidence AS e WHERE e.subject OPERATOR(pg_catalog.=) {0} AND e.kind OPERATOR(pg_catalog.=) "
        "'tenant_inventory' AND e.id OPERATOR(pg_catalog.>) COALESCE((SELECT pg_catalog.max(d.id) FROM "
        "pgcontract.evidence AS d WHERE d.subject OPERATOR(pg_catalog.=) {0} AND d.kind OPERATOR(pg_catalog.=) "
        "'tenant_deleted'), 0)\nON CONFLICT (id) DO UPDATE SET state = 'deleted', changed_at = pg_catalog.now(), "
        "deleted_at = EXCLUDED.deleted_at, inventory_sha256 = EXCLUDED.inventory_sha256",
        quoted_literal(tenant_.canonical()));
  }

  // Looks again, in a transaction that began after the other's end.
  Step absence() const {
    Step step = tenant_step(tenant_, kClause, "that nothing is left is looked up, not assumed");
    step.object = "absence of tenant " + tenant_.canonical();
    const std::string id = quoted_literal(tenant_.canonical());
    const std::string schema = quoted_literal(judged_.contract.tenancy->schema_of(tenant_));
    const Role* role = seen_.role_named(role_);
    std::string shared;
    for (const Relation* relation : shared_roots(judged_))
      shared += fmt::format(", {}, (SELECT pg_catalog.count(*) FROM {} AS r WHERE r.{} OPERATOR(pg_catalog.=) {})",
                            quoted_literal("rows of " + seen_.name_of(*relation)), seen_.name_of(*relation),
                            quoted(judged_.contract.tenancy->shared_column), id);
    const std::string beyond = loop_beyond(judged_, tenant_,
                                           "counts := counts OPERATOR(pg_catalog.||) pg_catalog.jsonb_build_object("
                                           "pg_catalog.concat('rows of ', place.name), counted);");
    // By the role's number: what it has left behind no longer knows its name.
    step.statements = {"SET LOCAL row_security = off",
                       do_block(fmt::format(
                           R"(
DECLARE
  counts pg_catalog.jsonb := pg_catalog.jsonb_build_object(
    'schema', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_namespace AS n WHERE n.nspname OPERATOR(pg_catalog.=) {0}),
    'role', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_roles AS r WHERE r.rolname OPERATOR(pg_catalog.=) {1}),
    'sessions', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity AS a
                 WHERE a.usesysid OPERATOR(pg_catalog.=) {2}),
    'large objects', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata AS m
                      WHERE m.lomowner OPERATOR(pg_catalog.=) {2}),
    'settings', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_db_role_setting AS s
                 WHERE s.setrole OPERATOR(pg_catalog.=) {2}
                   OR s.setconfig::pg_catalog.text OPERATOR(pg_catalog.~~) {3}),
    'default privileges', (SELECT pg_catalog.count(*) FROM pg_catalog.pg_default_acl AS d
                           WHERE d.defaclrole OPERATOR(pg_catalog.=) {2} OR EXISTS (
                             SELECT FROM pg_catalog.aclexplode(d.defaclacl) AS a
                             WHERE a.grantee OPERATOR(pg_catalog.=) {2})){4});
  place record;
  counted pg_catalog.int8;
  left_over pg_catalog.text;
BEGIN{5}
  SELECT pg_catalog.string_agg(pg_catalog.concat(c.value, ' ', c.key), ', ') INTO left_over
    FROM pg_catalog.jsonb_each_text(counts) AS c WHERE c.value OPERATOR(pg_catalog.<>) '0';
  IF left_over IS NOT NULL THEN
    RAISE EXCEPTION 'the tenant is still there: %', left_over USING HINT = 'Run the deletion again.';
  END IF;
  {6};
END
)",
                           schema, quoted_literal(role_),
                           // One that is made for the deletion has had nothing else.
                           role ? fmt::format("{}::pg_catalog.oid", role->oid) : "NULL::pg_catalog.oid",
                           quoted_literal("%" + tenant_.canonical() + "%"), shared, beyond,
                           evidence("tenant_absent", tenant_, "counts")))};
    step.undo = "nothing was changed";
    return step;
  }

  const Judged& judged_;
  const Observation& seen_;
  TenantNames names_;
  Uuid tenant_;
  std::string role_;
  const Schema* schema_;
  std::int64_t large_objects_;
  std::int64_t budget_;
  std::vector<const Relation*> tables_;
  std::vector<const Relation*> counted_;  // what the last transaction still has to describe
};

}  // namespace

std::vector<std::string> deletion_checks(const Judged& judged, const Uuid& tenant) {
  return {objects_check(judged, tenant), rows_check(judged, tenant, /*also_beyond=*/true)};
}

Plan delete_tenants(const Judged& judged, const Deletions& deletions) {
  Plan plan;
  const std::int64_t budget = lock_budget(judged.observation, deletions.workers);
  for (const auto& tenant : deletions.tenants) {
    const auto large = deletions.large_objects.find(tenant);
    Deletion(judged, tenant, large == deletions.large_objects.end() ? 0 : large->second, budget).plan(plan);
  }
  number(plan);
  return plan;
}

}  // namespace pgcontract::plan
