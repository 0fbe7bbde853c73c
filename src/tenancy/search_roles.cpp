// What a tenant's session is by its role's attributes, what it inherits and what it may become.

#include <algorithm>
#include <array>

#include "tenancy/search.hpp"

namespace pgcontract::tenancy {
namespace {

constexpr std::string_view kRoleClause = "tenancy.role_per_tenant";

// SQL that shows another tenant's rows to somebody who may read its tables.
std::string look_at(const Search& s, std::size_t tenant, Break& into) {
  if (const Relation* table = s.table_of(tenant)) return fmt::format("SELECT * FROM {} LIMIT 1;", s.o.name_of(*table));
  into.certain = false;
  into.doubt = "the tenant has no table to show it with";
  return fmt::format("SELECT * FROM pg_catalog.pg_tables WHERE schemaname = {};",
                     quoted_literal(s.schema_name(tenant)));
}

// What a session types to be a role, along the path to it; empty where it need not.
std::string become(const Search& s, const Closure& closure, const Held& held, std::string_view start) {
  std::vector<const Held*> steps;
  for (const Held* at = &held; at->step != Step::Start; at = &closure.held[at->from]) steps.push_back(at);
  std::ranges::reverse(steps);
  std::string sql;
  for (const Held* step : steps) {
    if (step->step != Step::Admin) continue;
    const Held& from = closure.held[step->from];
    const bool assumes = from.becomes && from.step != Step::Start;
    if (assumes) sql += fmt::format("SET ROLE {}; ", quoted(s.principals.role(from.role).name));
    sql += fmt::format("GRANT {} TO {}{}; ", quoted(s.principals.role(step->role).name), quoted(start),
                       s.o.server.version_num >= 160000 ? " WITH INHERIT TRUE, SET TRUE" : "");
    if (assumes) sql += "RESET ROLE; ";
  }
  if (held.becomes && held.step != Step::Start)
    sql += fmt::format("SET ROLE {}; ", quoted(s.principals.role(held.role).name));
  return sql;
}

bool by_admin(const Closure& closure, const Held& held) {
  for (const Held* at = &held; at->step != Step::Start; at = &closure.held[at->from])
    if (at->step == Step::Admin) return true;
  return false;
}

// The nearest steps of a class to a role, told for one of its tenants.
struct Reached {
  std::size_t tenant_class;
  const Held* held;
};

Hit hit_on(const Search& s, const Reached& r, std::string_view kind, std::string_view clause, Effect effect) {
  Hit hit{.kind = kind, .clause = clause, .effect = effect};
  hit.tenant_class = r.tenant_class;
  const auto& one = s.principals.classes()[r.tenant_class];
  const bool itself = r.held->step == Step::Start;
  const std::string name =
      itself ? s.role_name(one.tenants.front()) : std::string(s.principals.role(r.held->role).name);
  hit.subject = {"role", "", name, ""};
  return hit;
}

std::vector<Edge> path_of(const Search& s, const Reached& r, std::size_t who, std::string by, std::string to) {
  const auto& closure = s.principals.classes()[r.tenant_class].closure;
  auto path = s.principals.path(closure, *r.held, s.role_name(who));
  const std::string at = path.empty() ? s.role_name(who) : path.back().to;
  if (!by.empty()) path.push_back({at, std::move(by), std::move(to)});
  return path;
}

std::string becoming(const Search& s, const Reached& r, std::size_t who) {
  return become(s, s.principals.classes()[r.tenant_class].closure, *r.held, s.role_name(who));
}

void add_role(Search& s, const Reached& r) {
  const auto& closure = s.principals.classes()[r.tenant_class].closure;
  const std::size_t victim = s.principals.tenant_of_role(r.held->role);
  const bool login = victim != kNoTenant;
  Hit hit = hit_on(s, r,
                   by_admin(closure, *r.held) ? "admin_option"
                   : r.held->becomes          ? "becomes_role"
                                              : "inherits_role",
                   login ? "tenancy.login_reaches_one_tenant" : kRoleClause, Effect::Becomes);
  if (login) hit.victim = victim;
  s.breaks.add(std::move(hit), [&s, r](Break& into, std::size_t who, std::size_t whom) {
    into.path = path_of(s, r, who, "", "");
    into.demonstration = {{s.role_name(who), becoming(s, r, who) + look_at(s, whom, into)}};
  });
}

void add_superuser(Search& s, const Reached& r) {
  s.breaks.add(hit_on(s, r, "superuser", kRoleClause, Effect::Becomes),
               [&s, r](Break& into, std::size_t who, std::size_t whom) {
                 into.path = path_of(s, r, who, "SUPERUSER", "every object");
                 into.demonstration = {{s.role_name(who), becoming(s, r, who) + look_at(s, whom, into)}};
               });
}

void add_bypass(Search& s, const Reached& r) {
  const Relation* table = s.shared_table();
  if (!table) return;  // no policy, no way round one
  s.breaks.add(hit_on(s, r, "bypassrls", kRoleClause, Effect::Reads), [&s, r, table](Break& into, std::size_t who,
                                                                                     std::size_t whom) {
    const std::string name = s.o.name_of(*table);
    into.path = path_of(s, r, who, "BYPASSRLS", name);
    into.demonstration = {
        {s.role_name(who), becoming(s, r, who) + fmt::format("SELECT * FROM {} WHERE {} = {} LIMIT 1;", name,
                                                             quoted(s.tenancy.shared_column), s.id_literal(whom))}};
  });
}

// Before 16 CREATEROLE may grant any role that is no superuser's, the predefined ones among them, to itself. From 16 on
// only those it administers, which the memberships tell; it can still make roles of tenants to come.
void add_create_role(Search& s, const Reached& r) {
  const bool master = s.o.server.version_num < 160000;
  Hit hit = hit_on(s, r, "createrole", kRoleClause, Effect::Becomes);
  hit.certain = master;
  if (!master) hit.doubt = "it may make the role of a tenant that is yet to come, and administers that role then";
  s.breaks.add(std::move(hit), [&s, r, master](Break& into, std::size_t who, std::size_t whom) {
    into.path = path_of(s, r, who, "CREATEROLE", master ? s.role_name(whom) : "roles of tenants to come");
    if (!master) return;
    into.demonstration = {{s.role_name(who), becoming(s, r, who) +
                                                 fmt::format("GRANT {0} TO {1}; RESET ROLE; SET ROLE {0}; ",
                                                             quoted(s.role_name(whom)), quoted(s.role_name(who))) +
                                                 look_at(s, whom, into)}};
  });
}

// REPLICATION is enough for a logical slot, which decodes the rows of all tenants; policies do not apply there.
void add_replication(Search& s, const Reached& r) {
  const Setting* level = s.o.setting("wal_level");
  Hit hit = hit_on(s, r, "replication", kRoleClause, Effect::Reads);
  hit.certain = level && level->value == "logical";
  if (!hit.certain) hit.doubt = "wal_level is not logical: it may copy the whole cluster where pg_hba.conf lets it";
  s.breaks.add(std::move(hit), [&s, r](Break& into, std::size_t who, std::size_t whom) {
    const Relation* table = s.table_of(whom);
    into.path = path_of(s, r, who, "REPLICATION", "the write-ahead log of every table");
    if (!into.certain || !table) return;
    const std::string peek = "FROM pg_catalog.pg_logical_slot_get_changes('pgcontract_shown', NULL, NULL);";
    into.demonstration = {
        {s.role_name(who), becoming(s, r, who) +
                               "SELECT pg_catalog.pg_create_logical_replication_slot('pgcontract_shown', "
                               "'test_decoding');"},
        {s.role_name(whom),
         fmt::format("UPDATE {0} SET {1} = {1};", s.o.name_of(*table), s.some_column(*table, false))},
        {s.role_name(who), becoming(s, r, who) + "SELECT data " + peek +
                               " SELECT pg_catalog.pg_drop_replication_slot('pgcontract_shown');"}};
    into.relations = {table->oid};
  });
}

enum class Shown { Nothing, Reads, Writes, Program, File, Ends, Statements };
struct Predefined {
  std::string_view name;
  Effect effect;
  Shown shown;
  std::string_view doubt;  // empty: certain
};
constexpr std::array kPredefined = {
    Predefined{"pg_read_all_data", Effect::Reads, Shown::Reads, ""},
    Predefined{"pg_write_all_data", Effect::Writes, Shown::Writes, ""},
    Predefined{"pg_execute_server_program", Effect::RunsCode, Shown::Program, ""},
    Predefined{"pg_write_server_files", Effect::RunsCode, Shown::Nothing,
               "what it can write over in the server's files is not searched"},
    Predefined{"pg_read_server_files", Effect::Reads, Shown::File,
               "what it finds in the server's files is not searched"},
    Predefined{"pg_signal_backend", Effect::Disturbs, Shown::Ends, ""},
    Predefined{"pg_read_all_stats", Effect::Learns, Shown::Statements, ""},
    Predefined{"pg_monitor", Effect::Learns, Shown::Statements, ""},
    Predefined{"pg_read_all_settings", Effect::Learns, Shown::Nothing, "which settings hold secrets is not searched"},
    Predefined{"pg_stat_scan_tables", Effect::Learns, Shown::Nothing,
               "which functions of extensions it may call is not searched"},
    Predefined{"pg_maintain", Effect::Disturbs, Shown::Nothing, "it locks and rewrites tables of all tenants"},
    Predefined{"pg_create_subscription", Effect::Reads, Shown::Nothing,
               "a subscription connects to wherever its owner says"},
    Predefined{"pg_database_owner", Effect::Becomes, Shown::Nothing, "it has the privileges of the database's owner"},
};

bool reads_files(const Search& s, std::size_t tenant_class) {
  for (const auto& object : s.o.system_objects)
    if (object.kind == 'f' && object.name == "pg_read_file(text)")
      return holds(s.letters_of(tenant_class, object.acl), 'X');
  return false;
}

std::string shown(const Search& s, Shown what, std::size_t whom, Break& into) {
  const Relation* table = s.table_of(whom);
  switch (what) {
    case Shown::Nothing: return {};
    case Shown::Reads: return look_at(s, whom, into);
    case Shown::Writes:
      if (!table) return {};
      into.relations = {table->oid};
      return fmt::format("UPDATE {} SET {} = DEFAULT;", s.o.name_of(*table), s.some_column(*table, false));
    case Shown::Program: return "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null';";
    case Shown::File: return "SELECT pg_catalog.pg_read_file('PG_VERSION');";
    case Shown::Ends:
      return fmt::format(
          "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usename = {};",
          quoted_literal(s.role_name(whom)));
    case Shown::Statements:
      return fmt::format("SELECT query FROM pg_catalog.pg_stat_activity WHERE usename = {};",
                         quoted_literal(s.role_name(whom)));
  }
  return {};
}

void add_predefined(Search& s, const Reached& r) {
  const auto at = std::ranges::find(kPredefined, s.principals.role(r.held->role).name, &Predefined::name);
  if (at == kPredefined.end()) return;
  const RoleId before = s.principals.classes()[r.tenant_class].closure.held[r.held->from].role;
  if (s.principals.role(before).name.starts_with("pg_")) return;  // a part of what led here
  Hit hit = hit_on(s, r, "predefined_role", kRoleClause, at->effect);
  const bool reads = at->shown == Shown::File && reads_files(s, r.tenant_class);
  hit.certain = at->doubt.empty() || reads;
  if (!hit.certain) hit.doubt = at->doubt;
  const Shown what = at->shown == Shown::File && !reads ? Shown::Nothing : at->shown;
  s.breaks.add(std::move(hit), [&s, r, what](Break& into, std::size_t who, std::size_t whom) {
    into.path = path_of(s, r, who, "", "");
    const std::string sql = shown(s, what, whom, into);
    if (sql.empty()) return;
    if (what == Shown::Ends || what == Shown::Statements)  // somebody must be there
      into.demonstration.push_back({s.role_name(whom), "SELECT 'a statement of the other tenant';"});
    into.demonstration.push_back({s.role_name(who), sql});
  });
}

void look(Search& s, const Reached& r) {
  const Closure& closure = s.principals.classes()[r.tenant_class].closure;
  const Held& held = *r.held;
  if (held.step != Step::Start && !closure.held[held.from].plain) return;  // what led here is told already
  const Role& role = s.principals.role(held.role);
  if (held.becomes && role.superuser) return add_superuser(s, r);
  const bool other = held.step != Step::Start;
  if (other &&
      (role.superuser || s.principals.owns_data(held.role) || s.principals.tenant_of_role(held.role) != kNoTenant))
    return add_role(s, r);
  if (other && closure.find(held.role) == r.held) add_predefined(s, r);
  if (!held.becomes) return;
  if (role.bypass_rls) add_bypass(s, r);
  if (role.create_role) add_create_role(s, r);
  if (role.replication) add_replication(s, r);
}

}  // namespace

void search_roles(Search& s) {
  for (std::size_t c = 0; c < s.principals.classes().size(); ++c) {
    const Closure& closure = s.principals.classes()[c].closure;
    for (const auto& held : closure.held)
      if (closure.find(held.role) == &held) look(s, {c, &held});
  }
}

// Sessions of several tenants that log in as one role are that role's: SET ROLE asks who logged in.
void search_logins(Search& s) {
  for (RoleId id = 0; id < s.o.roles.size(); ++id) {
    const Role& login = s.o.roles[id];
    if (!login.login || login.superuser || s.principals.tenant_of_role(id) != kNoTenant) continue;
    const Closure closure = s.principals.closure_of(id);
    std::vector<const Held*> tenants;
    for (const auto& held : closure.held)
      if (s.principals.tenant_of_role(held.role) != kNoTenant && closure.find(held.role) == &held)
        tenants.push_back(&held);
    if (tenants.size() < 2) continue;
    for (const Held* held : tenants) {
      Hit hit{.kind = "shared_login", .clause = "tenancy.login_reaches_one_tenant", .effect = Effect::Becomes};
      hit.role = login.name;
      hit.sessions_of_victims = true;
      hit.victim = s.principals.tenant_of_role(held->role);
      hit.subject = {"role", "", std::string(login.name), ""};
      const std::string sql = become(s, closure, *held, login.name);
      s.breaks.add(std::move(hit), [&s, sql, path = s.principals.path(closure, *held, login.name), login = login.name](
                                       Break& into, std::size_t, std::size_t whom) {
        into.path = path;
        into.demonstration = {{std::string(login), sql + look_at(s, whom, into)}};
      });
    }
  }
}

}  // namespace pgcontract::tenancy
