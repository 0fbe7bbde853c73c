// The tables of tenants' own schemas, where the grants are the wall, and the tables that are nobody's in particular.

#include <algorithm>

#include "tenancy/search.hpp"

namespace pgcontract::tenancy {
namespace {

std::string_view kind_word(const Relation& relation) {
  switch (relation.kind) {
    case 'v': return "view";
    case 'm': return "materialized view";
    case 'f': return "foreign table";
    case 'S': return "sequence";
    default: return "table";
  }
}

std::string data_letters(Text letters) {
  std::string found;
  for (const char letter : std::string_view("rawd"))
    if (holds(letters, letter)) found += letter;
  return found;
}

// The plainest statement that these privileges allow and that touches rows.
std::string use_of(const Search& s, const Relation& relation, Text letters, Break& into) {
  const std::string name = s.o.name_of(relation);
  if (holds(letters, 'r')) return fmt::format("SELECT * FROM {} LIMIT 1;", name);
  into.relations = {relation.oid};
  const std::string column = s.some_column(relation, false);
  if (holds(letters, 'w') && !column.empty()) return fmt::format("UPDATE {0} SET {1} = DEFAULT;", name, column);
  if (holds(letters, 'd')) return fmt::format("DELETE FROM {};", name);
  return fmt::format("INSERT INTO {} DEFAULT VALUES;", name);
}

struct Grant {
  const Relation& relation;
  RoleId grantee;
  Text letters;
  std::size_t victim;  // whose schema it is; kEverybody: nobody's
};

Hit hit_on(const Search& s, const Grant& grant, std::string_view kind, Effect effect,
           std::string_view clause = "tenancy.grants") {
  Hit hit{.kind = kind, .clause = clause, .effect = effect};
  hit.grantee = grant.grantee;
  hit.victim = grant.victim;
  hit.subject = s.subject_of(kind_word(grant.relation), grant.relation);
  return hit;
}

void add_data(Search& s, const Grant& grant, const std::string& letters, std::string doubt) {
  Hit hit = hit_on(s, grant, "table_grant", holds(letters, 'r') ? Effect::Reads : Effect::Writes);
  hit.certain = doubt.empty();
  hit.doubt = std::move(doubt);
  s.breaks.add(std::move(hit),
               [&s, &r = grant.relation, grantee = grant.grantee, letters](Break& into, std::size_t who, std::size_t) {
                 into.path = s.path_to(who, grantee, privilege_names(letters), s.o.name_of(r));
                 into.demonstration = {{s.role_name(who), use_of(s, r, letters, into)}};
               });
}

// Without USAGE on its schema a table cannot be named, but the views on statistics ask only for SELECT on it.
void add_statistics(Search& s, const Grant& grant) {
  s.breaks.add(hit_on(s, grant, "statistics", Effect::Learns), [&s, &r = grant.relation, grantee = grant.grantee](
                                                                   Break& into, std::size_t who, std::size_t) {
    into.path = s.path_to(who, grantee, "SELECT, without USAGE on the schema", s.o.name_of(r));
    into.path.push_back({s.o.name_of(r), "ANALYZE keeps its values", "pg_stats"});
    const Subject subject = s.subject_of("table", r);
    into.demonstration = {
        {std::string(s.o.role_name(r.owner)), fmt::format("ANALYZE {};", s.o.name_of(r))},
        {s.role_name(who), fmt::format("SELECT attname, most_common_vals, histogram_bounds FROM pg_catalog.pg_stats "
                                       "WHERE schemaname = {} AND tablename = {};",
                                       quoted_literal(subject.schema), quoted_literal(subject.name))}};
  });
}

void add_truncate(Search& s, const Grant& grant) {
  s.breaks.add(hit_on(s, grant, "truncate", Effect::Destroys),
               [&s, &r = grant.relation, grantee = grant.grantee](Break& into, std::size_t who, std::size_t) {
                 into.path = s.path_to(who, grantee, "TRUNCATE", s.o.name_of(r));
                 into.demonstration = {{s.role_name(who), fmt::format("TRUNCATE {};", s.o.name_of(r))}};
               });
}

void search_grant(Search& s, const Grant& grant) {
  const bool named = s.grantee_has(grant.grantee, grant.relation.schema, 'U');
  if (grant.relation.kind == 'S') {
    if (!holds(grant.letters, 'r') && !holds(grant.letters, 'U') && !holds(grant.letters, 'w')) return;
    return s.breaks.add(hit_on(s, grant, "sequence_grant", holds(grant.letters, 'w') ? Effect::Writes : Effect::Learns),
                        [&s, grant, named](Break& into, std::size_t who, std::size_t) {
                          const std::string name = s.o.name_of(grant.relation);
                          into.path = s.path_to(who, grant.grantee, privilege_names(grant.letters), name);
                          // A sequence is taken by its oid, which asks nothing of its schema.
                          const std::string by_oid =
                              named ? quoted_literal(name) + "::pg_catalog.regclass"
                                    : fmt::format("{}::pg_catalog.oid::pg_catalog.regclass", grant.relation.oid);
                          // setval() would outlive a ROLLBACK.
                          const bool next = holds(grant.letters, 'w') || holds(grant.letters, 'U');
                          const std::string call =
                              fmt::format("pg_catalog.{}({})", next ? "nextval" : "pg_sequence_last_value", by_oid);
                          into.demonstration = {{s.role_name(who), fmt::format("SELECT {};", call)}};
                        });
  }
  const std::string data = data_letters(grant.letters);
  if (!data.empty() && named) add_data(s, grant, data, "");
  if (holds(data, 'r') && !named) add_statistics(s, grant);
  if (!named) return;
  if (holds(grant.letters, 'D')) add_truncate(s, grant);
  if (holds(grant.letters, 't')) search_trigger_grant(s, grant.relation, grant.grantee, grant.victim);
}

// An owner may do anything with a table, grant it away and have others run the expressions it hangs on it.
void search_owner(Search& s, const Relation& relation, std::size_t tenant) {
  const RoleId owner = s.principals.of(relation.owner);
  if (owner == kNobody) return;
  const std::size_t own = s.principals.tenant_of_role(owner);
  if (own == kNoTenant && !s.principals.is_held(owner)) return;
  // Whose own it is, or nobody's in particular: others come by, the owner of everything in migrations.
  const bool preys = own == tenant || tenant == kNoTenant;
  Hit hit{.kind = "owns", .clause = "schema.owner", .effect = preys ? Effect::RunsCode : Effect::Reads};
  hit.grantee = owner;
  hit.victim = preys ? kEverybody : tenant;
  hit.subject = s.subject_of(kind_word(relation), relation);
  const Schema* home = s.o.schema(relation.schema);
  const bool named = s.grantee_has(owner, relation.schema, 'U') &&
                     (tenant != kNoTenant || (home && s.o.role_name(home->owner) == s.tenancy.roles.owner));
  const bool plain = relation.kind == 'r' || relation.kind == 'p';
  hit.certain = named && plain;
  if (!hit.certain)
    hit.doubt = plain ? "its schema keeps it from naming the table, as long as nobody grants it"
                      : "what others run through it is not searched";
  s.breaks.add(std::move(hit), [&s, &relation, owner, preys](Break& into, std::size_t who, std::size_t) {
    const std::string name = s.o.name_of(relation);
    into.path = s.path_to(who, owner, "owns", name);
    if (!into.certain) return;
    if (!preys) {
      into.demonstration = {{s.role_name(who), fmt::format("SELECT * FROM {} LIMIT 1;", name)}};
      return;
    }
    const std::string& prey = s.tenancy.roles.owner;
    into.path.push_back({name, "its policies run as whoever reads it", prey});
    into.demonstration = {
        {s.role_name(who),
         fmt::format("ALTER TABLE {0} ENABLE ROW LEVEL SECURITY; CREATE POLICY pgcontract_planted ON {0} USING "
                     "(pg_catalog.set_config('pgcontract.planted', current_user::text, false) IS NOT NULL); "
                     "GRANT SELECT ON {0} TO {1};",
                     name, quoted(prey))},
        {s.tenancy.roles.migrator,
         fmt::format("SET ROLE {}; SELECT 1 FROM {} LIMIT 1; SELECT pg_catalog.current_setting('pgcontract.planted');",
                     quoted(prey), name)}};
  });
}

void search_relation(Search& s, const Relation& relation, std::size_t tenant, Text own_role) {
  if (relation.acl.empty()) return;
  for_each_grant(relation.acl, [&](Text grantee, Text letters) {
    const bool own = grantee == own_role;
    if ((own && !holds(letters, 't')) || grantee == s.tenancy.roles.owner) return;
    const RoleId id = s.principals.find(grantee);
    if (id == kNobody || id == s.principals.of(relation.owner)) return;
    if (own) return search_trigger_grant(s, relation, id, kEverybody);
    if (s.principals.is_held(id) || s.principals.tenant_of_role(id) != kNoTenant)
      search_grant(s, {relation, id, letters, tenant});
  });
}

// Outside tenants' schemas: reference data, which all may read; the registry; tables without the tenants' column.
void search_common(Search& s, const Relation& relation) {
  const Schema* home = s.o.schema(relation.schema);
  if (!home || relation.from_extension || relation.kind == 'v' || relation.kind == 'm' || s.is_shared(relation)) return;
  const bool reference = s.is_reference(relation);
  for_each_grant(relation.acl, [&](Text grantee, Text letters) {
    const RoleId id = s.principals.find(grantee);
    if (id == kNobody || id == s.principals.of(relation.owner)) return;
    if (!s.principals.is_held(id) && s.principals.tenant_of_role(id) == kNoTenant) return;
    const Grant grant{relation, id, letters, kEverybody};
    if (relation.kind == 'S') return search_grant(s, grant);
    if (!s.grantee_has(id, relation.schema, 'U')) return;
    std::string data = data_letters(letters);
    if (reference || relation.kind == 'f') std::erase(data, 'r');  // foreign tables: search_others()
    if (!data.empty())
      add_data(s, grant, data,
               reference ? "all tenants read this table; whether it may change for them is not in the catalog"
                         : s.no_column());
    if (holds(letters, 'D')) add_truncate(s, grant);
    if (holds(letters, 't')) search_trigger_grant(s, relation, id, kEverybody);
  });
}

// As search_common(), for one column.
void search_common_column(Search& s, const Relation& relation, const Column& column) {
  if (relation.kind == 'v' || relation.kind == 'm') return;  // search_views()
  const bool reference = s.is_reference(relation);
  for_each_grant(column.acl, [&](Text grantee, Text letters) {
    const RoleId id = s.principals.find(grantee);
    if (id == kNobody || !s.grantee_has(id, relation.schema, 'U')) return;
    if (!s.principals.is_held(id) && s.principals.tenant_of_role(id) == kNoTenant) return;
    std::string data = data_letters(letters);
    if (reference) std::erase(data, 'r');
    if (data.empty()) return;
    Hit hit = hit_on(s, {relation, id, letters, kEverybody}, "column_grant",
                     holds(data, 'r') ? Effect::Reads : Effect::Writes);
    hit.subject.part = column.name;
    hit.certain = false;
    hit.doubt = relation.kind == 'f' ? "whose rows another server returns is not in this database"
                : reference ? "all tenants read this table; whether it may change for them is not in the catalog"
                            : s.no_column();
    s.breaks.add(std::move(hit), [&s, &relation, &column, id, data](Break& into, std::size_t who, std::size_t) {
      into.path =
          s.path_to(who, id, privilege_names(data), fmt::format("{}.{}", s.o.name_of(relation), quoted(column.name)));
    });
  });
}

void search_columns(Search& s) {
  for (const auto& column : s.o.columns) {
    if (column.acl.empty()) continue;
    const Relation* relation = s.o.relation(column.relation);
    if (!relation || (s.is_shared(*relation) && relation->kind != 'f')) continue;
    const std::size_t tenant = s.principals.tenant_of_schema(relation->schema);
    if (tenant == kNoTenant) {
      search_common_column(s, *relation, column);
      continue;
    }
    for_each_grant(column.acl, [&](Text grantee, Text letters) {
      const RoleId id = s.principals.find(grantee);
      if (id == kNobody || s.principals.tenant_of_role(id) == tenant) return;
      if (!s.principals.is_held(id) && s.principals.tenant_of_role(id) == kNoTenant) return;
      const bool named = s.grantee_has(id, relation->schema, 'U');
      const Grant grant{*relation, id, letters, tenant};
      if (!named) return holds(letters, 'r') ? add_statistics(s, grant) : void();
      Hit hit = hit_on(s, grant, "column_grant", holds(letters, 'r') ? Effect::Reads : Effect::Writes);
      hit.subject.part = column.name;
      s.breaks.add(std::move(hit), [&s, relation, &column, id, letters](Break& into, std::size_t who, std::size_t) {
        const std::string name = s.o.name_of(*relation), of = quoted(column.name);
        into.path = s.path_to(who, id, privilege_names(letters), fmt::format("{}.{}", name, of));
        const std::string sql = holds(letters, 'r')   ? fmt::format("SELECT {} FROM {} LIMIT 1;", of, name)
                                : holds(letters, 'w') ? fmt::format("UPDATE {} SET {} = DEFAULT;", name, of)
                                                      : fmt::format("INSERT INTO {} ({}) VALUES (DEFAULT);", name, of);
        into.demonstration = {{s.role_name(who), sql}};
      });
    });
  }
}

}  // namespace

// The condition of a trigger is an expression that runs as whoever fires it, and sees the row.
void search_trigger_grant(Search& s, const Relation& relation, RoleId grantee, std::size_t victim) {
  Hit hit{.kind = "plant_code", .clause = "tenancy.grants", .effect = Effect::RunsCode};
  hit.grantee = grantee;
  hit.victim = victim;
  hit.subject = s.subject_of(kind_word(relation), relation);
  // On its own table it is the owner, in a migration, who runs the tenant's expressions.
  const bool own = grantee != kPublic && s.principals.tenant_of_role(grantee) != kNoTenant &&
                   s.principals.tenant_of_role(grantee) == s.principals.tenant_of_schema(relation.schema);
  hit.certain = s.is_shared(relation) || victim != kEverybody || own;
  if (!hit.certain) hit.doubt = "who writes into this table is not searched";
  s.breaks.add(std::move(hit), [&s, &relation, grantee, own](Break& into, std::size_t who, std::size_t whom) {
    const std::string name = s.o.name_of(relation);
    const std::string prey = own ? s.tenancy.roles.owner : s.role_name(whom);
    into.path = s.path_to(who, grantee, "TRIGGER", name);
    into.path.push_back({name, "its triggers run as whoever writes", prey});
    into.relations = {relation.oid};
    const std::string column = s.some_column(relation, s.is_shared(relation));
    into.demonstration = {
        {s.role_name(who),
         fmt::format("CREATE TRIGGER pgcontract_planted BEFORE UPDATE ON {} FOR EACH ROW WHEN "
                     "(pg_catalog.set_config('pgcontract.planted', current_user::text, false) IS NULL) "
                     "EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger();",
                     name)},
        {own ? s.tenancy.roles.migrator : prey,
         fmt::format("{2}UPDATE {0} SET {1} = {1}; SELECT pg_catalog.current_setting('pgcontract.planted');", name,
                     column, own ? fmt::format("SET ROLE {}; ", quoted(prey)) : "")}};
  });
}

void search_tables(Search& s) {
  const RoleId owner = s.principals.find(s.tenancy.roles.owner);
  const Oid owner_oid = owner < s.o.roles.size() ? s.o.roles[owner].oid : 0;
  const bool owner_held = owner < s.o.roles.size() && s.principals.is_held(owner);
  for (const auto& schema : s.o.schemas) {
    const std::size_t tenant = s.principals.tenant_of_schema(schema.oid);
    const Role* role = tenant == kNoTenant ? nullptr : s.principals.tenants()[tenant].role;
    for (const auto& relation : s.o.relations_of(schema.oid)) {
      ++s.objects;
      if (tenant == kNoTenant) {
        search_common(s, relation);
        const bool shared = s.is_shared(relation) && relation.kind != 'f';  // search_rows()
        if (!shared && !relation.from_extension) search_owner(s, relation, kNoTenant);
        continue;
      }
      if (relation.owner != owner_oid || owner_held) search_owner(s, relation, tenant);
      search_relation(s, relation, tenant, role ? role->name : Text());
    }
  }
  search_columns(s);
}

}  // namespace pgcontract::tenancy
