#include "tenancy/search.hpp"

#include <algorithm>

namespace pgcontract::tenancy {

Search::Search(const Contract& the_contract, const Observation& observation, std::optional<Uuid> only)
    : contract(the_contract),
      tenancy(*the_contract.tenancy),
      o(observation),
      principals(the_contract, observation),
      breaks(principals, observation, only) {
  for (const auto& schema : o.schemas) {
    auto& grants = schema_grants_[schema.oid];
    for_each_grant(schema.acl, [&](Text grantee, Text letters) {
      const RoleId id = principals.find(grantee);
      if (id != kNobody) grants.push_back({id, letters});
    });
  }
}

std::string Search::role_name(std::size_t tenant) const {
  const TenantState& state = principals.tenants()[tenant];
  return state.role ? std::string(state.role->name) : tenancy.role_of(state.id);
}
std::string Search::schema_name(std::size_t tenant) const {
  const TenantState& state = principals.tenants()[tenant];
  return quoted(state.schema ? std::string(state.schema->name) : tenancy.schema_of(state.id));
}
std::string Search::id_literal(std::size_t tenant) const {
  return quoted_literal(principals.tenants()[tenant].id.canonical());
}
std::string Search::setting(std::size_t tenant) const {
  return fmt::format("SET {} = {};", tenancy.setting, id_literal(tenant));
}
std::string Search::name_of(RoleId role) const {
  return role >= o.roles.size() ? "PUBLIC" : std::string(principals.role(role).name);
}

Subject Search::subject_of(std::string_view kind, const Relation& relation) const {
  const Schema* home = o.schema(relation.schema);
  return {std::string(kind), std::string(home ? home->name : ""), std::string(relation.name), ""};
}

const std::vector<SchemaGrant>& Search::grants_on(Oid schema) const { return schema_grants_[schema]; }

bool Search::class_holds(std::size_t tenant_class, RoleId grantee) const {
  if (grantee == kPublic) return true;
  const Held* held = principals.classes()[tenant_class].closure.find(grantee);
  return held && held->plain && held->step != Step::Start;
}

bool Search::class_has(std::size_t tenant_class, Oid schema, char letter) const {
  return std::ranges::any_of(grants_on(schema), [&](const SchemaGrant& grant) {
    return holds(grant.letters, letter) && class_holds(tenant_class, grant.grantee);
  });
}

// Of all who hold `grantee`, tenants' own grants aside.
bool Search::grantee_has(RoleId grantee, Oid schema, char letter) const {
  const std::size_t own = grantee == kPublic ? kNoTenant : principals.tenant_of_role(grantee);
  for (const auto& grant : grants_on(schema)) {
    if (!holds(grant.letters, letter)) continue;
    if (grant.grantee == kPublic || grant.grantee == grantee) return true;
    if (own != kNoTenant && class_holds(principals.class_of(own), grant.grantee)) return true;
    if (own == kNoTenant && grantee != kPublic && principals.is_held(grant.grantee) &&
        principals.holders(grantee).common(principals.holders(grant.grantee)) == principals.holders(grantee).count())
      return true;
  }
  return false;
}

std::string Search::letters_of(std::size_t tenant_class, Text acl) const {
  std::string all;
  for_each_grant(acl, [&](Text grantee, Text letters) {
    const RoleId id = principals.find(grantee);
    if (id == kNobody || !class_holds(tenant_class, id)) return;
    for (const char letter : letters)
      if (letter != '*' && all.find(letter) == std::string::npos) all += letter;
  });
  return all;
}

std::string Search::letters_on(std::size_t tenant_class, const Relation& relation) const {
  std::string all = letters_of(tenant_class, relation.acl);
  for (const auto& column : o.columns_of(relation.oid))
    if (!column.acl.empty()) all += letters_of(tenant_class, column.acl);
  return all;
}

std::string Search::letters_by(RoleId grantee, const Relation& relation) const {
  std::string all;
  const auto look = [&](Text name, Text letters) {
    if (principals.find(name) == grantee) all += letters;
  };
  for_each_grant(relation.acl, look);
  for (const auto& column : o.columns_of(relation.oid)) for_each_grant(column.acl, look);
  return all;
}

void Search::for_each_own(const Relation& relation, const std::function<void(std::size_t, RoleId)>& f) const {
  std::vector<RoleId> seen;
  const auto look = [&](Text name, Text) {
    const RoleId id = principals.find(name);
    const std::size_t own = id == kPublic || id == kNobody ? kNoTenant : principals.tenant_of_role(id);
    if (own == kNoTenant || std::ranges::count(seen, id) > 0) return;
    seen.push_back(id);
    f(own, id);
  };
  for_each_grant(relation.acl, look);
  for (const auto& column : o.columns_of(relation.oid)) for_each_grant(column.acl, look);
}

std::string beyond_initial(const SystemObject& object, Text grantee, Text letters) {
  std::string given = object.initial.empty() && object.kind == 'f' ? "X" : "";
  if (object.kind == 'r' && grantee.empty() && object.name.starts_with("information_schema."))
    given += "r";  // made too late in initdb to be noted down; it shows a session what is its own
  for_each_grant(object.initial, [&](Text name, Text initial) {
    if (name.empty() || name == grantee) given += initial;
  });
  std::string more;
  for (const char letter : letters)
    if (letter != '*' && !holds(given, letter)) more += letter;
  return more;
}

bool Search::may_create(std::size_t tenant_class) const {
  const auto& one = principals.classes()[tenant_class];
  const Role& example = principals.role(one.closure.held.front().role);
  for (const auto& schema : o.schemas) {
    if (class_has(tenant_class, schema.oid, 'C')) return true;
    if (one.tenants.size() == 1 &&
        (schema.owner == example.oid || std::ranges::any_of(grants_on(schema.oid), [&](const auto& g) {
           return g.grantee == one.closure.held.front().role && holds(g.letters, 'C');
         })))
      return true;
  }
  const Database* database = o.database();
  if (!database) return false;
  const std::string letters = database->acl.empty() ? "Tc" : letters_of(tenant_class, database->acl);
  return holds(letters, 'C') || holds(letters, 'T');
}

std::vector<Edge> Search::path_to(std::size_t tenant, RoleId grantee, std::string_view by, std::string object) const {
  const std::string start = role_name(tenant);
  std::vector<Edge> path;
  std::string at = start;
  if (grantee == kPublic) {
    path.push_back({start, "like everybody", "PUBLIC"});
    at = "PUBLIC";
  } else if (grantee < o.roles.size() && principals.tenants()[tenant].role &&
             principals.tenant_of_role(grantee) != tenant) {
    const auto& closure = principals.classes()[principals.class_of(tenant)].closure;
    if (const Held* held = closure.find(grantee)) path = principals.path(closure, *held, start);
    at = name_of(grantee);
  }
  path.push_back({at, std::string(by), std::move(object)});
  return path;
}

bool Search::role_has(RoleId role, const Relation& relation, char letter) const {
  const Role& who = principals.role(role);
  if (who.superuser || who.oid == relation.owner) return true;
  const auto roles = principals.privileges_of(role);
  bool found = false;
  const auto look = [&](Text grantee, Text letters) {
    const RoleId id = principals.find(grantee);
    found = found || (holds(letters, letter) && (id == kPublic || std::ranges::count(roles, id) > 0));
  };
  for_each_grant(relation.acl, look);
  for (const auto& column : o.columns_of(relation.oid)) for_each_grant(column.acl, look);
  const std::string_view all = letter == 'r' ? "pg_read_all_data" : "pg_write_all_data";
  for (const RoleId id : roles)
    found = found || principals.role(id).oid == relation.owner || principals.role(id).name == all;
  return found;
}

Reader Search::reader_of(RoleId role) const {
  const Role& who = principals.role(role);
  return {[this, roles = principals.privileges_of(role)](Oid each) {
            return each == 0 || std::ranges::count(roles, principals.of(each)) > 0;
          },
          who.superuser || who.bypass_rls};
}

Reader Search::reader_of_class(std::size_t tenant_class) const {
  return {[this, tenant_class](Oid each) {
            const RoleId id = principals.of(each);
            return each == 0 || (id != kNobody && principals.classes()[tenant_class].closure.has(id));
          },
          false};
}

const Relation* Search::table_of(std::size_t tenant) const {
  const Schema* schema = principals.tenants()[tenant].schema;
  if (!schema) return nullptr;
  const Relation* best = nullptr;
  for (const auto& relation : o.relations_of(schema->oid)) {
    const bool versions = contract.migrations && relation.name == contract.migrations->version_table;
    if (is_table(relation) && !versions && (!best || relation.row_estimate > best->row_estimate)) best = &relation;
  }
  return best;
}

bool Search::is_shared(const Relation& relation) const {
  return principals.tenant_of_schema(relation.schema) == kNoTenant && !relation.from_extension &&
         (is_table(relation) || relation.kind == 'f') && o.column_named(relation.oid, tenancy.shared_column);
}

bool Search::is_reference(const Relation& relation) const {
  const Schema* home = o.schema(relation.schema);
  return home && home->name == contract.schemas.application.name &&
         relation.name.starts_with(contract.conventions.reference_prefix);
}

std::string Search::no_column() const {
  return fmt::format("the table has no column {}, so that whose rows it holds cannot be told", tenancy.shared_column);
}

const Relation* Search::shared_table() const {
  const Relation* best = nullptr;
  for (const Relation* table : pgcontract::tenancy::shared_tables(contract, o))
    if (!table->is_partition && !table->acl.empty() && (!best || table->row_estimate > best->row_estimate))
      best = table;
  return best;
}

std::string Search::some_column(const Relation& relation, bool shared) const {
  if (shared) return quoted(tenancy.shared_column);
  const Column* best = nullptr;  // that may be set to its default
  for (const auto& column : o.columns_of(relation.oid))
    if (column.identity != 'a' && column.generated == 0 && (!best || (best->not_null && !column.not_null)))
      best = &column;
  return best ? quoted(best->name) : std::string();
}

Text Search::superuser() const {
  for (const auto& role : o.roles)
    if (role.superuser) return role.name;
  return {};
}

// An argument of exactly this type makes it the better match than pg_catalog.lower(text), wherever pg_catalog stands in
// the path (CVE-2018-1058).
std::string Search::plant(std::string_view schema) const {
  return fmt::format(
      "CREATE FUNCTION {}.lower(character varying) RETURNS text LANGUAGE sql AS 'SELECT current_user::text';", schema);
}
std::string_view Search::spring() { return "SELECT lower('PLANTED'::character varying);"; }

}  // namespace pgcontract::tenancy
