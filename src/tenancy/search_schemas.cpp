// Schemas and the database: whose objects can be named, and where code can be planted that others run.

#include <algorithm>

#include "tenancy/search.hpp"

namespace pgcontract::tenancy {
namespace {

Subject schema_subject(const Schema& schema) { return {"schema", "", std::string(schema.name), ""}; }

// Who resolves names in a schema without meaning to: its tenant, all tenants, the owner in migrations, or whoever has
// the default search_path.
enum class Prey { ItsTenant, Tenants, Migrations, DefaultPath };

// The migrator where it may look into the schema, else a superuser, whom nothing keeps out.
Text prey_of(const Search& s, const Schema& schema) {
  const RoleId migrator = s.principals.find(s.tenancy.roles.migrator);
  const bool looks = std::ranges::any_of(s.grants_on(schema.oid), [&](const SchemaGrant& grant) {
    return holds(grant.letters, 'U') && (grant.grantee == kPublic || grant.grantee == migrator);
  });
  return migrator != kNobody && looks ? s.principals.role(migrator).name : s.superuser();
}

Act springs(const Search& s, Prey prey, const Schema& schema, std::size_t victim) {
  const std::string name = quoted(schema.name);
  switch (prey) {
    case Prey::ItsTenant:
    case Prey::Tenants: return {s.role_name(victim), std::string(Search::spring())};
    case Prey::Migrations:
      return {s.tenancy.roles.migrator, fmt::format("SET ROLE {}; SET search_path = {}; {}",
                                                    quoted(s.tenancy.roles.owner), name, Search::spring())};
    case Prey::DefaultPath:
      return {std::string(prey_of(s, schema)), fmt::format("SET search_path = {}; {}", name, Search::spring())};
  }
  return {};
}

std::string_view prey_words(Prey prey) {
  switch (prey) {
    case Prey::ItsTenant: return "its tenant's search_path";
    case Prey::Tenants: return "every tenant's search_path";
    case Prey::Migrations: return "the search_path of its migrations";
    case Prey::DefaultPath: return "whoever has it in the search_path";
  }
  return "";
}

void add_plant(Search& s, const Schema& schema, RoleId grantee, std::string_view by, Prey prey, std::size_t victim) {
  Hit hit{.kind = by == "owns" ? "owns" : "plant_code",
          .clause = by == "owns" ? "schema.owner" : "tenancy.no_create_no_temp",
          .effect = Effect::RunsCode};
  hit.grantee = grantee;
  hit.victim = victim;
  hit.subject = schema_subject(schema);
  s.breaks.add(std::move(hit), [&s, &schema, grantee, by, prey](Break& into, std::size_t who, std::size_t whom) {
    into.path = s.path_to(who, grantee, by, fmt::format("schema {}", schema.name));
    const Act prey_act = springs(s, prey, schema, whom);
    into.path.push_back({into.path.back().to, std::string(prey_words(prey)), prey_act.role});
    const std::string opened =
        by == "owns" && prey == Prey::Migrations
            ? fmt::format(" GRANT USAGE ON SCHEMA {} TO {};", quoted(schema.name), quoted(s.tenancy.roles.owner))
            : "";
    into.demonstration = {{s.role_name(who), s.plant(quoted(schema.name)) + opened}, prey_act};
  });
}

// A tenant that may create in its own schema has the owner run its code at the next migration; in another's, that one.
void search_create(Search& s, const Schema& schema, RoleId grantee, std::string_view by) {
  const std::size_t tenant = s.principals.tenant_of_schema(schema.oid);
  if (tenant == kNoTenant) {
    const bool application = schema.name == s.contract.schemas.application.name;
    return add_plant(s, schema, grantee, by, application ? Prey::Tenants : Prey::DefaultPath, kEverybody);
  }
  const std::size_t own = grantee == kPublic ? kNoTenant : s.principals.tenant_of_role(grantee);
  if (own == tenant) return add_plant(s, schema, grantee, by, Prey::Migrations, kEverybody);
  add_plant(s, schema, grantee, by, Prey::ItsTenant, tenant);
}

void search_usage(Search& s, const Schema& schema, std::size_t tenant, RoleId grantee) {
  Hit hit{.kind = "schema_grant", .clause = "tenancy.grants", .effect = Effect::Learns};
  hit.grantee = grantee;
  hit.victim = tenant;
  hit.subject = schema_subject(schema);
  s.breaks.add(std::move(hit), [&s, grantee, &schema](Break& into, std::size_t who, std::size_t whom) {
    into.path = s.path_to(who, grantee, "USAGE", fmt::format("schema {}", schema.name));
    const Relation* table = s.table_of(whom);
    if (!table) {
      into.certain = false;
      into.doubt = "the schema holds no table to name";
      return;
    }
    // Names in a schema without USAGE are refused.
    into.demonstration = {
        {s.role_name(who), fmt::format("SELECT {}::pg_catalog.regclass;", quoted_literal(s.o.name_of(*table)))}};
  });
}

void search_schema(Search& s, const Schema& schema) {
  const std::size_t tenant = s.principals.tenant_of_schema(schema.oid);
  for (const auto& grant : s.grants_on(schema.oid)) {
    const std::size_t own = grant.grantee == kPublic ? kNoTenant : s.principals.tenant_of_role(grant.grantee);
    if (!s.principals.is_held(grant.grantee) && own == kNoTenant) continue;
    if (grant.grantee == s.principals.of(schema.owner)) continue;  // what an owner has is told below
    if (holds(grant.letters, 'C')) search_create(s, schema, grant.grantee, "CREATE");
    if (holds(grant.letters, 'U') && tenant != kNoTenant && own != tenant)
      search_usage(s, schema, tenant, grant.grantee);
  }
  const RoleId owner = s.principals.of(schema.owner);
  if (owner == kNobody) return;
  if (s.principals.is_held(owner) || s.principals.tenant_of_role(owner) != kNoTenant)
    search_create(s, schema, owner, "owns");
}

// CREATE on the database makes schemas, and the default search_path begins with the one named like the user.
void search_create_schema(Search& s, const Database& database, RoleId grantee, std::string_view by) {
  const Text prey =
      s.principals.find(s.tenancy.roles.migrator) != kNobody ? Text(s.tenancy.roles.migrator) : s.superuser();
  Hit hit{.kind = by == "owns" ? "owns" : "create_schema",
          .clause = "tenancy.no_create_no_temp",
          .effect = Effect::RunsCode};
  hit.grantee = grantee;
  hit.subject = {"database", "", std::string(database.name), ""};
  s.breaks.add(std::move(hit), [&s, grantee, by, prey, &database](Break& into, std::size_t who, std::size_t) {
    into.path = s.path_to(who, grantee, by, fmt::format("database {}", database.name));
    into.path.push_back({into.path.back().to, "the default search_path begins with \"$user\"", std::string(prey)});
    const std::string schema = quoted(prey);
    into.demonstration = {
        {s.role_name(who),
         fmt::format("CREATE SCHEMA {0}; {1} GRANT USAGE ON SCHEMA {0} TO PUBLIC;", schema, s.plant(schema))},
        {std::string(prey), fmt::format("SET search_path = \"$user\", public; {}", Search::spring())}};
  });
}

void search_temporary(Search& s, const Database& database, RoleId grantee) {
  Hit hit{.kind = "temporary", .clause = "tenancy.no_create_no_temp", .effect = Effect::RunsCode};
  hit.grantee = grantee;
  hit.subject = {"database", "", std::string(database.name), ""};
  hit.certain = false;
  hit.doubt =
      "separate sessions do not meet each other's temporary objects; a session that a pooler hands on without DISCARD "
      "ALL does, and finds them before all others";
  s.breaks.add(std::move(hit), [&s, grantee, &database](Break& into, std::size_t who, std::size_t) {
    into.path = s.path_to(who, grantee, "TEMPORARY", fmt::format("database {}", database.name));
    into.path.push_back({into.path.back().to, "temporary objects come first", "the session's next user"});
    into.demonstration = {{s.role_name(who), "CREATE TEMPORARY TABLE pgcontract_shown ();"}};
  });
}

}  // namespace

void search_schemas(Search& s) {
  for (const auto& schema : s.o.schemas) search_schema(s, schema);
  s.objects += static_cast<std::int64_t>(s.o.schemas.size());
  const Database* database = s.o.database();
  if (!database) return;
  ++s.objects;
  const auto look = [&](Text grantee, Text letters) {
    const RoleId id = s.principals.find(grantee);
    if (id == kNobody || (!s.principals.is_held(id) && s.principals.tenant_of_role(id) == kNoTenant)) return;
    if (holds(letters, 'C')) search_create_schema(s, *database, id, "CREATE");
    if (holds(letters, 'T')) search_temporary(s, *database, id);
  };
  if (database->acl.empty())
    look("", "Tc");  // the built-in default
  else
    for_each_grant(database->acl, look);
  const RoleId owner = s.principals.of(database->owner);
  if (owner != kNobody && s.principals.tenant_of_role(owner) != kNoTenant)
    search_create_schema(s, *database, owner, "owns");
}

}  // namespace pgcontract::tenancy
