// Shared tables, where the policies are the wall: each table and partition that tenants hold anything on, for each
// class of tenants and each command; and the owner, whom only FORCE binds.

#include <algorithm>

#include "tenancy/search.hpp"

namespace pgcontract::tenancy {
namespace {

std::string_view kind_of(Guard guard, const Relation& table) {
  if (guard == Guard::Off) return table.is_partition ? "partition_grant" : "rls_off";
  return guard == Guard::Owner ? "owns" : "rls_unbound";
}

std::string_view clause_of(Guard guard) {
  if (guard == Guard::Off) return "tenancy.rls_enabled";
  return guard == Guard::Owner ? "tenancy.rls_forced" : "tenancy.rls_bound_to_role";
}

std::string sets(const std::vector<std::string>& settings, const Search& s, std::size_t whom) {
  std::string sql;
  for (const auto& setting : settings)
    if (sql.find("SET " + setting + " ") == std::string::npos)
      sql += fmt::format("SET {} = {}; ", setting, s.id_literal(whom));
  return sql;
}

// One row of the other tenant, by the command. Where a condition would be met by the policies for SELECT, which hold,
// there is none: what a write does not read they do not ask. A row to insert is one of its own with the other's id.
std::string statement(const Search& s, const Relation& table, char command, std::size_t whom,
                      const std::string& columns = "*") {
  const bool reads = command == 'r' && (columns == "*" || columns.starts_with(quoted(s.tenancy.shared_column)));
  const std::string name = s.o.name_of(table), column = quoted(s.tenancy.shared_column), id = s.id_literal(whom);
  const std::string where = reads ? fmt::format(" WHERE {} = {}", column, id) : "";
  switch (command) {
    case 'r': return fmt::format("SELECT {} FROM {}{} LIMIT 1;", columns, name, where);
    case 'w': return fmt::format("UPDATE {} SET {} = {}{};", name, column, id, where);
    case 'd': return fmt::format("DELETE FROM {}{};", name, where);
    default:
      return fmt::format(
          "INSERT INTO {0} SELECT (pg_catalog.jsonb_populate_record(NULL::{0}, pg_catalog.jsonb_set("
          "pg_catalog.current_setting('pgcontract.row')::jsonb, '{{{1}}}', pg_catalog.to_jsonb({2}::text)))).*;",
          name, s.tenancy.shared_column, id);
  }
}

std::string own_row(const Search& s, const Relation& table) {
  return fmt::format(
      "SELECT pg_catalog.set_config('pgcontract.row', pg_catalog.to_jsonb(mine)::text, false) FROM {} "
      "AS mine LIMIT 1; ",
      s.o.name_of(table));
}

struct Way {
  const Relation& table;
  std::size_t tenant_class;
  std::string letters;        // data privileges of the class on it
  std::string columns = "*";  // that it may read
};

RoleId grantee_of(const Search& s, const Way& way, char letter) {
  RoleId found = kNobody;
  const auto look = [&](Text acl) {
    for_each_grant(acl, [&](Text grantee, Text letters) {
      const RoleId id = s.principals.find(grantee);
      if (found == kNobody && id != kNobody && holds(letters, letter) && s.class_holds(way.tenant_class, id))
        found = id;
    });
  };
  look(way.table.acl);
  for (const auto& column : s.o.columns_of(way.table.oid)) look(column.acl);
  return found;
}

void add(Search& s, const Way& way, char command, const Judgement& verdict, RoleId grantee) {
  Hit hit{.kind = kind_of(verdict.guard, way.table),
          .clause = clause_of(verdict.guard),
          .effect = command == 'r' ? Effect::Reads : Effect::Writes};
  if (grantee != kNobody && grantee != kPublic && s.principals.tenant_of_role(grantee) != kNoTenant)
    hit.grantee = grantee;
  else
    hit.tenant_class = way.tenant_class;
  hit.subject = s.subject_of(way.table.kind == 'f' ? "foreign table" : "table", way.table);
  hit.certain = verdict.certain && !(command == 'a' && !holds(way.letters, 'r'));
  if (!hit.certain)
    hit.doubt = verdict.certain
                    ? "it has no row of its own to show it with"
                    : fmt::format("what policy {} lets through is not ours to tell", quoted(verdict.policy));
  s.breaks.add(std::move(hit), [&s, way, command, verdict, grantee](Break& into, std::size_t who, std::size_t whom) {
    const std::string name = s.o.name_of(way.table);
    into.path = s.path_to(who, grantee, privilege_names(std::string(1, command)), name);
    const std::string wall = verdict.guard == Guard::Off     ? "row-level security is off"
                             : verdict.guard == Guard::Owner ? "owns it, and it is not forced"
                             : verdict.settings.empty()
                                 ? fmt::format("policy {} lets it through", quoted(verdict.policy))
                                 : fmt::format("the session sets {}", verdict.settings.front());
    into.path.push_back({name, wall, fmt::format("rows of {}", s.role_name(whom))});
    into.demonstration = {{s.role_name(who), (command == 'a' ? own_row(s, way.table) : "") +
                                                 sets(verdict.settings, s, whom) +
                                                 statement(s, way.table, command, whom, way.columns)}};
    into.relations = {way.table.oid};
  });
}

// Reading says it all; the other commands are told only where reading is refused.
void judge_way(Search& s, const Way& way) {
  const Reader reader = s.reader_of_class(way.tenant_class);
  std::optional<Judgement> moved;  // an UPDATE may give its own rows away, where it meets them at all
  for (const char command : std::string_view("rwda")) {
    if (!holds(way.letters, command)) continue;
    const Judgement verdict = judge_rows(s.contract, s.o, way.table, command, reader);
    if (verdict.guard == Guard::Holds || verdict.guard == Guard::Owner) continue;  // owners: search_tenant_owner()
    if (command == 'w' && verdict.written_only)
      moved = verdict;
    else
      return add(s, way, command, verdict, grantee_of(s, way, command));
  }
  if (!moved) return;
  moved->certain = false;
  add(s, way, 'w', *moved, grantee_of(s, way, 'w'));
}

void add_beyond_policies(Search& s, const Relation& table, RoleId grantee, Text letters) {
  const auto hit_on = [&](std::string_view kind, Effect effect) {
    Hit hit{.kind = kind, .clause = "tenancy.grants", .effect = effect};
    hit.grantee = grantee;
    hit.subject = s.subject_of("table", table);
    return hit;
  };
  const std::string name = s.o.name_of(table);
  if (holds(letters, 'D')) {
    Hit hit = hit_on("truncate", Effect::Destroys);
    const bool pointed_at = std::ranges::any_of(s.o.constraints, [&](const Constraint& key) {
      return key.kind == 'f' && key.referenced == table.oid && key.relation != table.oid;
    });
    hit.certain = !pointed_at;
    if (pointed_at) hit.doubt = "a foreign key points at the table: TRUNCATE wants the tables that refer to it as well";
    s.breaks.add(std::move(hit), [&s, name, grantee](Break& into, std::size_t who, std::size_t) {
      into.path = s.path_to(who, grantee, "TRUNCATE, to which policies do not apply", name);
      into.demonstration = {{s.role_name(who), fmt::format("TRUNCATE {};", name)}};
    });
  }
  if (holds(letters, 'x')) {
    Hit hit = hit_on("references", Effect::Learns);
    hit.certain = false;
    hit.doubt = "it takes a table of its own, which the design does not give it";
    s.breaks.add(std::move(hit), [&s, name, grantee](Break& into, std::size_t who, std::size_t) {
      into.path = s.path_to(who, grantee, "REFERENCES, to which policies do not apply", name);
    });
  }
  if (holds(letters, 'm')) {
    Hit hit = hit_on("maintain", Effect::Disturbs);
    s.breaks.add(std::move(hit), [&s, name, grantee](Break& into, std::size_t who, std::size_t) {
      into.path = s.path_to(who, grantee, "MAINTAIN", name);
      into.demonstration = {{s.role_name(who), fmt::format("REINDEX TABLE {};", name)}};
    });
  }
  if (holds(letters, 't')) search_trigger_grant(s, table, grantee, kEverybody);
}

// What a class holds on a table and on columns of it; the tenants' column first among those it may read.
Way way_of(const Search& s, const Relation& table, std::size_t tenant_class) {
  Way way{table, tenant_class, s.letters_of(tenant_class, table.acl)};
  const bool whole = holds(way.letters, 'r');
  std::string columns;
  for (const auto& column : s.o.columns_of(table.oid)) {
    const std::string letters = s.letters_of(tenant_class, column.acl);
    way.letters += letters;
    if (!holds(letters, 'r')) continue;
    const std::string name = quoted(column.name);
    columns = column.name == s.tenancy.shared_column || columns.empty() ? name + (columns.empty() ? "" : ", " + columns)
                                                                        : columns + ", " + name;
  }
  if (!whole && !columns.empty()) way.columns = columns;
  return way;
}

void search_table(Search& s, const Relation& table) {
  for (std::size_t c = 0; c < s.principals.classes().size(); ++c) {
    if (!s.class_has(c, table.schema, 'U')) continue;
    if (const Way way = way_of(s, table, c); !way.letters.empty()) judge_way(s, way);
  }
  for_each_grant(table.acl, [&](Text grantee, Text letters) {
    const RoleId id = s.principals.find(grantee);
    if (id == kNobody || id == s.principals.of(table.owner) || !s.grantee_has(id, table.schema, 'U')) return;
    const std::size_t own = id == kPublic ? kNoTenant : s.principals.tenant_of_role(id);
    if (own == kNoTenant && !s.principals.is_held(id)) return;
    add_beyond_policies(s, table, id, letters);
    if (own == kNoTenant) return;
    const Way way{table, s.principals.class_of(own), std::string(letters)};
    const Reader reader = s.reader_of_class(way.tenant_class);
    for (const char command : std::string_view("rwda")) {
      if (!holds(letters, command)) continue;
      const Judgement verdict = judge_rows(s.contract, s.o, table, command, reader);
      if (verdict.guard == Guard::Holds) continue;
      add(s, way, command, verdict, id);
      break;
    }
  });
}

// A tenant that owns a shared table may switch its policies off, forced or not.
void search_tenant_owner(Search& s, const Relation& table) {
  const RoleId owner = s.principals.of(table.owner);
  if (owner == kNobody) return;
  if (s.principals.tenant_of_role(owner) == kNoTenant && !s.principals.is_held(owner)) return;
  Hit hit{.kind = "owns", .clause = "schema.owner", .effect = Effect::Reads};
  hit.grantee = owner;
  hit.subject = s.subject_of("table", table);
  s.breaks.add(std::move(hit), [&s, &table, owner](Break& into, std::size_t who, std::size_t whom) {
    const std::string name = s.o.name_of(table);
    into.path = s.path_to(who, owner, "owns: may disable row-level security", name);
    into.demonstration = {{s.role_name(who), fmt::format("ALTER TABLE {} DISABLE ROW LEVEL SECURITY; {}", name,
                                                         statement(s, table, 'r', whom))}};
  });
}

// The role that owns everything is no tenant. Migrations and definer functions run as it, and see all rows unless
// bound.
void search_design_owner(Search& s, const Relation& table) {
  if (!table.rls_enabled || table.rls_forced) return;
  const RoleId owner = s.principals.of(table.owner);
  if (owner == kNobody || s.principals.role(owner).superuser || s.principals.tenant_of_role(owner) != kNoTenant) return;
  Hit hit{.kind = "owner_bypasses_rls", .clause = "tenancy.rls_forced", .effect = Effect::Reads};
  hit.role = s.principals.role(owner).name;
  hit.subject = s.subject_of("table", table);
  s.breaks.add(std::move(hit), [&s, &table, owner](Break& into, std::size_t, std::size_t whom) {
    const std::string name = s.o.name_of(table);
    const std::string role(s.principals.role(owner).name);
    into.path = {{s.tenancy.roles.migrator, "member, SET", role},
                 {role, "owns it, and row-level security is not forced", name}};
    into.demonstration = {
        {s.tenancy.roles.migrator, fmt::format("SET ROLE {}; {}", quoted(role), statement(s, table, 'r', whom))}};
  });
}

void search_design_bypass(Search& s, const std::string& name) {
  const RoleId id = s.principals.find(name);
  const Relation* table = s.shared_table();
  if (id >= s.o.roles.size() || !table || !s.principals.role(id).bypass_rls || s.principals.role(id).superuser) return;
  Hit hit{.kind = "bypassrls", .clause = "tenancy.design_roles", .effect = Effect::Reads};
  hit.role = s.principals.role(id).name;
  hit.subject = {"role", "", name, ""};
  s.breaks.add(std::move(hit), [&s, table, name](Break& into, std::size_t, std::size_t whom) {
    into.path = {{name, "BYPASSRLS", s.o.name_of(*table)}};
    into.demonstration = {{name, statement(s, *table, 'r', whom)}};
    into.certain = name == s.tenancy.roles.owner;
    if (!into.certain) into.doubt = "what it may read is not searched";
  });
}

// A key over all tenants tells by its error that a value exists, whatever the policies hide.
void search_keys(Search& s, const Relation& table) {
  const Column* column = s.o.column_named(table.oid, s.tenancy.shared_column);
  const auto leads = [&](const std::vector<int>& columns) {
    return !columns.empty() && std::ranges::count(columns, column->number) > 0;
  };
  const auto oracle = [&](std::string_view kind, Text name, const std::string& by) {
    for (std::size_t c = 0; c < s.principals.classes().size(); ++c) {
      if (!s.class_has(c, table.schema, 'U') || !holds(s.letters_of(c, table.acl), 'a')) continue;
      Hit hit{.kind = kind, .clause = "tenancy.keys_lead_with_tenant", .effect = Effect::Learns};
      hit.tenant_class = c;
      hit.subject = s.subject_of("table", table);
      hit.subject.part = name;
      hit.certain = false;
      hit.doubt = "it learns only values that it can guess";
      s.breaks.add(std::move(hit), [&s, &table, by](Break& into, std::size_t who, std::size_t whom) {
        const std::string of = s.o.name_of(table);
        into.path = s.path_to(who, s.principals.find(s.tenancy.roles.tenant_group), "INSERT", of);
        into.path.push_back({of, by, fmt::format("that a row of {} exists", s.role_name(whom))});
      });
    }
  };
  for (const auto& index : s.o.indexes_of(table.oid))
    if (index.unique && !leads(index.key_columns))
      oracle("unique_oracle", index.name, "a duplicate in any tenant is refused");
  for (const auto& key : s.o.constraints_of(table.oid)) {
    const Relation* other = s.o.relation(key.referenced);
    if (key.kind == 'f' && other && s.is_shared(*other) && !leads(key.columns))
      oracle("foreign_key_oracle", key.name, "the key looks at rows of all tenants");
  }
}

}  // namespace

void search_rows(Search& s) {
  for (const auto& relation : s.o.relations) {
    if (!s.is_shared(relation)) continue;
    s.shared_tables += !relation.is_partition;
    if (relation.kind == 'f') continue;
    search_table(s, relation);
    search_tenant_owner(s, relation);
    search_design_owner(s, relation);
    if (!relation.is_partition) search_keys(s, relation);
  }
  for (const auto& name : {s.tenancy.roles.owner, s.tenancy.roles.definer, s.tenancy.roles.tenant_group})
    search_design_bypass(s, name);
}

}  // namespace pgcontract::tenancy
