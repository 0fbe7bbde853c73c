// What else carries privileges: what the server and extensions bring along, foreign servers, large objects, parameters,
// default privileges, event triggers, types.

#include <algorithm>

#include "tenancy/search.hpp"

namespace pgcontract::tenancy {
namespace {

constexpr std::string_view kClause = "tenancy.no_cross_reach";  // nothing else judges these

// Calls f(grantee, letters) for the grants of an acl that tenants hold.
template <typename F>
void for_each_held(const Search& s, Text acl, F f) {
  for_each_grant(acl, [&](Text name, Text letters) {
    const RoleId id = s.principals.find(name);
    if (id == kNobody) return;
    if (s.principals.is_held(id) || s.principals.tenant_of_role(id) != kNoTenant) f(id, letters);
  });
}

bool has_mapping(const Search& s, Oid server, RoleId grantee) {
  return std::ranges::any_of(s.o.user_mappings, [&](const UserMapping& mapping) {
    if (mapping.server != server) return false;
    const RoleId mapped = mapping.role == 0 ? kPublic : s.principals.of(mapping.role);
    return mapped == kPublic || mapped == grantee || s.principals.is_held(mapped) ||
           s.principals.tenant_of_role(mapped) != kNoTenant;
  });
}

void search_servers(Search& s) {
  for (const auto& server : s.o.foreign_servers) {
    ++s.objects;
    for_each_held(s, server.acl, [&](RoleId grantee, Text) {
      Hit hit{.kind = "foreign_server", .clause = kClause, .effect = Effect::Reads};
      hit.grantee = grantee;
      const std::string word = server.kind == 's' ? "foreign server" : "foreign-data wrapper";
      hit.subject = {word, "", std::string(server.name), ""};
      hit.certain = false;
      const bool mapped = server.kind == 's' && has_mapping(s, server.oid, grantee);
      hit.doubt = mapped ? "as whom the stored credential logs in, and where, is never read"
                         : "where it leads is not in this database";
      s.breaks.add(std::move(hit), [&s, &server, grantee, word, mapped](Break& into, std::size_t who, std::size_t) {
        into.path = s.path_to(who, grantee, "USAGE", fmt::format("{} {}", word, server.name));
        if (mapped) into.path.push_back({into.path.back().to, "user mapping", "another server"});
      });
    });
  }
  for (const auto& relation : s.o.relations) {
    if (relation.kind != 'f' || relation.from_extension) continue;
    for_each_held(s, relation.acl, [&](RoleId grantee, Text letters) {
      const std::size_t own = grantee == kPublic ? kNoTenant : s.principals.tenant_of_role(grantee);
      if (own != kNoTenant && own == s.principals.tenant_of_schema(relation.schema)) return;
      Hit hit{.kind = "foreign_server", .clause = kClause, .effect = Effect::Reads};
      hit.grantee = grantee;
      hit.subject = s.subject_of("foreign table", relation);
      hit.certain = false;
      hit.doubt = "whose rows another server returns is not in this database";
      s.breaks.add(std::move(hit), [&s, &relation, grantee, letters](Break& into, std::size_t who, std::size_t) {
        into.path = s.path_to(who, grantee, privilege_names(letters), s.o.name_of(relation));
      });
    });
  }
}

void search_large_objects(Search& s) {
  for (const auto& object : s.o.large_objects) {
    ++s.objects;
    const RoleId owner = s.principals.of(object.owner);
    const std::size_t owning = owner == kNobody ? kNoTenant : s.principals.tenant_of_role(owner);
    for_each_held(s, object.acl, [&](RoleId grantee, Text letters) {
      if (grantee == owner || (!holds(letters, 'r') && !holds(letters, 'w'))) return;
      Hit hit{
          .kind = "large_object", .clause = kClause, .effect = holds(letters, 'r') ? Effect::Reads : Effect::Writes};
      hit.grantee = grantee;
      hit.victim = owning == kNoTenant ? kEverybody : owning;
      hit.subject = {"large object", "", std::to_string(object.oid), ""};
      s.breaks.add(std::move(hit), [&s, &object, grantee, letters](Break& into, std::size_t who, std::size_t) {
        into.path = s.path_to(who, grantee, holds(letters, 'r') ? "SELECT" : "UPDATE",
                              fmt::format("large object {}", object.oid));
        into.demonstration = {
            {s.role_name(who),
             holds(letters, 'r') ? fmt::format("SELECT pg_catalog.encode(pg_catalog.lo_get({}), 'escape');", object.oid)
                                 : fmt::format("SELECT pg_catalog.lo_put({}, 0, 'shown'::bytea);", object.oid)}};
      });
    });
  }
  const Setting* compatible = s.o.setting("lo_compat_privileges");
  if (!compatible || compatible->value != "on") return;
  Hit hit{.kind = "large_object", .clause = kClause, .effect = Effect::Reads};
  hit.grantee = kPublic;
  hit.subject = {"setting", "", "lo_compat_privileges", ""};
  hit.certain = false;
  hit.doubt = "whether tenants keep large objects is not searched";
  s.breaks.add(std::move(hit), [&s](Break& into, std::size_t who, std::size_t) {
    into.path = {{s.role_name(who), "lo_compat_privileges is on", "every large object"}};
  });
}

void search_parameters(Search& s) {
  for (const auto& parameter : s.o.parameters) {
    ++s.objects;
    for_each_held(s, parameter.acl, [&](RoleId grantee, Text letters) {
      Hit hit{.kind = "parameter", .clause = kClause, .effect = Effect::Disturbs};
      hit.grantee = grantee;
      hit.subject = {"setting", "", std::string(parameter.name), ""};
      hit.certain = false;
      hit.doubt = holds(letters, 'A') ? "ALTER SYSTEM changes it for all tenants"
                                      : "what a session gains by it is not searched";
      s.breaks.add(std::move(hit), [&s, &parameter, grantee, letters](Break& into, std::size_t who, std::size_t) {
        into.path = s.path_to(who, grantee, privilege_names(letters), fmt::format("parameter {}", parameter.name));
        if (parameter.name == "session_replication_role")
          into.demonstration = {{s.role_name(who), "SET session_replication_role = replica;"}};
      });
    });
  }
}

// A table that is yet to come, made by the role whose default it is.
void add_default(Search& s, const DefaultAcl& row, RoleId grantee, Text letters, std::size_t victim) {
  const std::string maker(s.o.role_name(row.role));
  const Schema* schema =
      row.schema == 0 ? s.o.schema_named(s.contract.schemas.application.name) : s.o.schema(row.schema);
  if (!schema) return;
  Hit hit{.kind = "default_acl",
          .clause = "tenancy.grants",
          .effect = holds(letters, 'r') ? Effect::Reads : Effect::Writes};
  hit.grantee = grantee;
  hit.victim = victim;
  hit.subject = {"default acl", "", std::string(row.schema == 0 ? Text() : schema->name), ""};
  hit.certain = row.kind == 'r' && holds(letters, 'r') && s.grantee_has(grantee, schema->oid, 'U');
  if (!hit.certain) hit.doubt = "which objects will be made is not known";
  s.breaks.add(std::move(hit), [&s, schema, maker, grantee, letters](Break& into, std::size_t who, std::size_t whom) {
    into.path = s.path_to(who, grantee, fmt::format("{} by default", privilege_names(letters)),
                          fmt::format("what {} makes next in {}", maker, schema->name));
    if (!into.certain) return;
    const std::string name = quoted(schema->name) + ".pgcontract_shown";
    into.demonstration = {{maker, fmt::format("CREATE TABLE {} AS SELECT {} AS whose;", name, s.id_literal(whom))},
                          {s.role_name(who), fmt::format("SELECT * FROM {};", name)}};
  });
}

void search_default_acls(Search& s) {
  for (const auto& row : s.o.default_acls) {
    ++s.objects;
    if (row.kind == 'f' || row.kind == 'T') continue;  // functions are looked at when they are there; a type is no way
    const std::size_t tenant = row.schema == 0 ? kNoTenant : s.principals.tenant_of_schema(row.schema);
    for_each_held(s, row.acl, [&](RoleId grantee, Text letters) {
      const std::size_t own = grantee == kPublic ? kNoTenant : s.principals.tenant_of_role(grantee);
      if (own != kNoTenant && own == tenant) return;
      add_default(s, row, grantee, letters, tenant == kNoTenant ? kEverybody : tenant);
    });
  }
}

// What initdb and extensions grant is known to be harmless; whatever a tenant holds beyond that was given for
// something.
void search_system_objects(Search& s) {
  for (const auto& object : s.o.system_objects) {
    for_each_held(s, object.acl, [&](RoleId grantee, Text letters) {
      const std::string more =
          beyond_initial(object, grantee == kPublic ? Text() : s.principals.role(grantee).name, letters);
      if (more.empty()) return;
      Hit hit{.kind = "system_grant",
              .clause = kClause,
              .effect = object.kind != 'f' && !holds(more, 'r') ? Effect::Writes : Effect::Reads};
      hit.grantee = grantee;
      const std::string_view word = object.kind == 'f' ? "function" : object.kind == 'r' ? "table" : "column";
      const bool of_server = object.oid < 16384 && !object.name.starts_with("information_schema.");
      hit.subject = {std::string(word), of_server ? "pg_catalog" : "", std::string(object.name), ""};
      hit.certain = false;
      hit.doubt = "nobody but its owner holds it at first; what it tells or does of others is not searched";
      s.breaks.add(std::move(hit), [&s, &object, grantee, more, word](Break& into, std::size_t who, std::size_t) {
        into.path = s.path_to(who, grantee, privilege_names(more), fmt::format("{} {}", word, object.name));
      });
    });
  }
  s.objects += static_cast<std::int64_t>(s.o.system_objects.size());
}

void add_owner(Search& s, RoleId owner, std::string_view kind, Subject subject, std::string doubt) {
  if (owner == kNobody) return;
  if (s.principals.tenant_of_role(owner) == kNoTenant && !s.principals.is_held(owner)) return;
  Hit hit{.kind = kind, .clause = "schema.owner", .effect = Effect::RunsCode};
  hit.grantee = owner;
  hit.subject = subject;
  hit.certain = false;
  hit.doubt = std::move(doubt);
  s.breaks.add(std::move(hit), [&s, owner, subject](Break& into, std::size_t who, std::size_t) {
    into.path = s.path_to(who, owner, "owns", fmt::format("{} {}", subject.kind, subject.label()));
  });
}

void search_owners(Search& s) {
  for (const auto& trigger : s.o.event_triggers) {
    const auto at = std::ranges::find(s.o.functions, trigger.function, &Function::oid);
    if (trigger.enabled != 'D' && at != s.o.functions.end())
      add_owner(s, s.principals.of(at->owner), "event_trigger", {"event trigger", "", std::string(trigger.name), ""},
                "its function runs as whoever sets it off; to replace it the owner needs CREATE on its schema");
  }
  for (const auto& type : s.o.types) {
    const Schema* home = s.o.schema(type.schema);
    add_owner(s, s.principals.of(type.owner), "owns",
              {"type", std::string(home ? home->name : ""), std::string(type.name), ""},
              "the expressions of a domain run as whoever writes a value of it");
  }
  s.objects += static_cast<std::int64_t>(s.o.event_triggers.size() + s.o.types.size());
}

}  // namespace

void search_others(Search& s) {
  search_system_objects(s);
  search_servers(s);
  search_large_objects(s);
  search_parameters(s);
  search_default_acls(s);
  search_owners(s);
}

}  // namespace pgcontract::tenancy
