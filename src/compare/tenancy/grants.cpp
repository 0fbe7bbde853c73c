// Who may touch what, to the letter: the tenant group on shared and reference tables, each tenant in its own schema,
// PUBLIC nowhere. Everyone else (an auditor, a reporting role) is the team's business. Each acl is looked at once.

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "compare/declarations.hpp"
#include "compare/tenancy/wording.hpp"
#include "tenancy/design.hpp"

namespace pgcontract::compare {
namespace {

// What a schema is to the contract. Elsewhere: a schema it does not speak of, where only tenants' own grants count.
enum class Zone { Application, Tenant, Ledger, Governed, Elsewhere };

struct Home {
  Zone zone = Zone::Elsewhere;
  std::string tenant;       // Tenant: the role whose schema it is
  bool registered = false;  // Tenant: and it is to work there
};

// What one grantee is to hold and may hold on an object; all others that are judged may hold nothing.
struct Allowance {
  std::string_view grantee;
  std::string_view wanted;
  std::string_view allowed;
};

// What one judged grantee holds by an acl, all grantors together.
struct Holding {
  std::string grantee;
  bool tenant = false;
  std::string letters;
  std::string grantable;
  std::vector<std::string> grantors;
};

class Grants {
 public:
  explicit Grants(const Judged& judged)
      : contract_(judged.contract), tenancy_(*judged.contract.tenancy), o_(judged.observation) {
    homes_.resize(o_.schemas.size());
    kinds_.resize(o_.relations.size());
  }

  Examined judge() {
    find_homes();
    find_tables();
    for (std::size_t i = 0; i < o_.schemas.size(); ++i) {
      judge_schema(o_.schemas[i], homes_[i]);
      for (const auto& relation : o_.relations_of(o_.schemas[i].oid)) judge_relation(relation, homes_[i]);
    }
    for (const auto& column : o_.columns)
      if (!column.acl.empty()) judge_column(column);
    judge_default_acls();
    result_.examined =
        fmt::format("{} of {}", counted(o_.relations.size(), "relation"), counted(o_.schemas.size(), "schema"));
    return std::move(result_);
  }

 private:
  enum class Kind : char { Plain, Shared, Reference, Version };

  void find_homes() {
    for (const Schema* schema : tenancy::governed_schemas(contract_, o_)) home_of(*schema).zone = Zone::Governed;
    for (const auto& tenant : tenancy::tenants(contract_, o_)) {
      if (!tenant.schema) continue;
      home_of(*tenant.schema) = {Zone::Tenant, tenancy_.role_of(tenant.id),
                                 tenant.registered && tenant.registered->state != "deleted"};
    }
    if (const Schema* schema = o_.schema_named(contract_.schemas.application.name))
      home_of(*schema).zone = Zone::Application;
    if (const Schema* schema = o_.schema_named(tenancy::kSchema)) home_of(*schema).zone = Zone::Ledger;
  }

  void find_tables() {
    const auto mark = [&](const Relation& relation, Kind kind) {
      if (!relation.is_partition) kind_of_table(relation) = kind;  // a partition is reached through its parent
    };
    for (const Relation* table : tenancy::shared_tables(contract_, o_)) mark(*table, Kind::Shared);
    for (const Relation* table : tenancy::reference_tables(contract_, o_)) mark(*table, Kind::Reference);
    for (const auto& version : o_.version_tables)
      if (const Relation* table = o_.relation(version.relation)) mark(*table, Kind::Version);
  }

  Home& home_of(const Schema& schema) { return homes_[static_cast<std::size_t>(&schema - o_.schemas.data())]; }
  Kind& kind_of_table(const Relation& table) { return kinds_[static_cast<std::size_t>(&table - o_.relations.data())]; }
  const Home& home(Oid schema) {
    static const Home elsewhere;
    const Schema* found = o_.schema(schema);
    return found ? home_of(*found) : elsewhere;
  }

  Allowance allowance(const Relation& relation, const Home& home) {
    const bool table = relation.kind == 'r' || relation.kind == 'p';
    if (home.zone == Zone::Application) {
      const std::string_view group = tenancy_.roles.tenant_group;
      const Kind kind = kind_of_table(relation);
      if (kind == Kind::Shared) return {group, tenancy::kTablePrivileges, tenancy::kTablePrivileges};
      if (kind == Kind::Reference) return {group, tenancy::kReferencePrivileges, tenancy::kReferencePrivileges};
      // A view may be for tenants or not: that is the team's to say. Its owner is under the policies like all others.
      if (relation.kind == 'v') return {group, "", tenancy::kTablePrivileges};
    }
    if (home.zone == Zone::Tenant && kind_of_table(relation) != Kind::Version) {
      // A tenant's own sequence (of a serial column) can hurt nobody else.
      if (relation.kind == 'S') return {home.tenant, "", "rwU"};
      const bool wanted = table && !relation.is_partition && home.registered;
      return {home.tenant, wanted ? tenancy::kTablePrivileges : "", tenancy::kTablePrivileges};
    }
    return {};
  }

  void judge_relation(const Relation& relation, const Home& home) {
    const Allowance allowed = allowance(relation, home);
    if (relation.acl.empty() && allowed.wanted.empty()) return;
    judge_acl(relation.acl, relation.owner, allowed, home.zone, [&] { return subject_of(o_, relation); });
  }

  void judge_schema(const Schema& schema, const Home& home) {
    Allowance allowed;
    if (home.zone == Zone::Application || home.zone == Zone::Ledger)
      allowed = {tenancy_.roles.tenant_group, tenancy::kSchemaPrivileges, tenancy::kSchemaPrivileges};
    else if (home.zone == Zone::Tenant)
      allowed = {home.tenant, home.registered ? tenancy::kSchemaPrivileges : "", tenancy::kSchemaPrivileges};
    judge_acl(schema.acl, schema.owner, allowed, home.zone, [&] { return schema_subject(schema.name); });
  }

  // A column's grants stand beside the table's and outlive a REVOKE on it, so that there are to be none. The part of
  // the subject is the column; who holds the privilege is in the tags.
  void judge_column(const Column& column) {
    const Relation* relation = o_.relation(column.relation);
    if (!relation) return;
    const Zone zone = home(relation->schema).zone;
    for (const auto& held : holdings(column.acl)) {
      if ((zone == Zone::Elsewhere && !held.tenant) || held.letters.empty()) continue;
      add(subject_of(o_, *relation, column), "excess", held.letters, held.grantee,
          fmt::format("{} holds {} on the column, wanted no grants on columns", wording::grantee_shown(held.grantee),
                      privilege_names(held.letters)));
      result_.findings.back().tags.push_back(fmt::format("column:{}", column.name));
      name_grantors(held, o_.role_name(relation->owner));
    }
  }

  // `subject` is called only where there is something to say: names cost more than privileges.
  template <typename MakeSubject>
  void judge_acl(Text acl, Oid owner, const Allowance& allowance, Zone zone, const MakeSubject& subject) {
    const auto about = [&](std::string_view grantee) {
      Subject s = subject();
      s.part = wording::grantee_name(grantee);
      return s;
    };
    const Text owner_name = acl.empty() ? Text() : o_.role_name(owner);
    std::string_view held_by_grantee;
    for (const auto& held : holdings(acl)) {
      if (zone == Zone::Elsewhere && !held.tenant) continue;
      if (held.grantee == allowance.grantee) held_by_grantee = held.letters;
      // An owner holds everything anyhow; that it owns is tenancy.role_per_tenant's finding.
      if (held.grantee == owner_name) continue;
      const std::string_view allowed = held.grantee == allowance.grantee ? allowance.allowed : "";
      // CREATE on a schema is tenancy.no_create_no_temp's, for all schemas.
      const std::string excess = wording::without(wording::without(held.letters, "C"), allowed);
      if (!excess.empty()) {
        add(about(held.grantee), "excess", excess, held.grantee,
            fmt::format("{} holds {}, wanted {}", wording::grantee_shown(held.grantee), privilege_names(excess),
                        wording::privileges_or_nothing(allowed)));
        name_grantors(held, owner_name);
      }
      const std::string options = wording::without(wording::without(held.grantable, "C"), excess);
      if (!options.empty()) {
        add(about(held.grantee), "grant_option", options, held.grantee,
            fmt::format("{} may pass on {}, wanted no grant option", wording::grantee_shown(held.grantee),
                        privilege_names(options)));
        name_grantors(held, owner_name);
      }
    }
    const std::string missing = wording::without(allowance.wanted, held_by_grantee);
    if (!missing.empty() && o_.role_name(owner) != allowance.grantee)
      add(about(allowance.grantee), "missing", missing, allowance.grantee,
          fmt::format("{} lacks {}", wording::grantee_shown(allowance.grantee), privilege_names(missing)));
  }

  // A REVOKE takes back what the owner granted; what came from somebody else must be revoked in that one's name.
  void name_grantors(const Holding& held, Text owner) {
    if (std::ranges::count(held.grantors, owner) == std::ssize(held.grantors)) return;
    for (const auto& grantor : held.grantors)
      result_.findings.back().tags.push_back(fmt::format("grantor:{}", grantor));
  }

  void judge_default_acls() {
    std::unordered_map<Oid, std::string> given;  // to a schema's own tenant on new tables of the owner
    for (const auto& row : o_.default_acls) {
      const Home everywhere{Zone::Governed, "", false};
      const Home& where = row.schema == 0 ? everywhere : home(row.schema);
      for (const auto& held : holdings(row.acl)) {
        if (where.zone == Zone::Elsewhere && !held.tenant) continue;
        const bool expected = where.zone == Zone::Tenant && held.grantee == where.tenant && row.kind == 'r' &&
                              o_.role_name(row.role) == tenancy_.roles.owner;
        if (expected) given[row.schema] = held.letters;
        judge_default_acl(row, held, expected);
      }
    }
    const Role* owner = o_.role_named(tenancy_.roles.owner);
    if (!owner) return;  // there is nobody yet whose new objects could be granted
    judge_new_functions(*owner);
    for (std::size_t i = 0; i < homes_.size(); ++i) {
      if (homes_[i].zone != Zone::Tenant || !homes_[i].registered) continue;
      const std::string missing = wording::without(tenancy::kTablePrivileges, given[o_.schemas[i].oid]);
      if (!missing.empty())
        add_default({owner->oid, o_.schemas[i].oid, 'r', {}}, "missing", missing, homes_[i].tenant, "would lack");
    }
  }

  // EXECUTE on a function is PUBLIC's from birth: one that runs as its owner would be every tenant's before anybody has
  // looked at it. A row for all schemas that leaves PUBLIC out takes it back.
  void judge_new_functions(const Role& owner) {
    const auto row = std::ranges::find_if(o_.default_acls, [&](const DefaultAcl& acl) {
      return acl.role == owner.oid && acl.schema == 0 && acl.kind == 'f';
    });
    if (row == o_.default_acls.end() || !privileges_of(parse_acl(row->acl), "").empty())
      add_default({owner.oid, 0, 'f', {}}, "excess", "X", "", "would hold");
  }

  void judge_default_acl(const DefaultAcl& row, const Holding& held, bool expected) {
    // A row for all schemas replaces the built-in default and so repeats it; a row for one schema adds to it.
    const std::string built_in =
        row.schema == 0 ? privileges_of(default_acl(row.kind, o_.role_name(row.role)), held.grantee) : "";
    const std::string excess =
        wording::without(held.letters, expected ? std::string(tenancy::kTablePrivileges) : built_in);
    if (!excess.empty()) add_default(row, "excess", excess, held.grantee, "would hold");
    const std::string options = wording::without(held.grantable, excess);
    if (!options.empty()) add_default(row, "grant_option", options, held.grantee, "could pass on");
  }

  static std::string objects_of(char kind) {
    switch (kind) {
      case 'S': return "sequences";
      case 'f': return "functions";
      case 'T': return "types";
      case 'n': return "schemas";
      default: return "tables";
    }
  }

  // PostgreSQL's word for the kind is "default acl". Its name is the schema, empty where it is for all; whose new
  // objects it is for stands in the message and in a tag.
  void add_default(const DefaultAcl& row, std::string_view what, std::string_view letters, std::string_view grantee,
                   std::string_view says) {
    const Schema* schema = o_.schema(row.schema);
    const Text role = o_.role_name(row.role);
    std::string objects = objects_of(row.kind);
    add({"default acl", "", std::string(schema ? schema->name : ""), wording::grantee_name(grantee)}, what, letters,
        grantee,
        fmt::format("{} {} {} on new {} of {}", wording::grantee_shown(grantee), says, privilege_names(letters),
                    objects, quoted(role)));
    std::ranges::transform(objects, objects.begin(), [](char c) { return static_cast<char>(c - 'a' + 'A'); });
    auto& tags = result_.findings.back().tags;
    tags.insert(tags.end(), {"default_acl", fmt::format("role:{}", role), fmt::format("objects:{}", objects)});
  }

  void add(Subject subject, std::string_view what, std::string_view letters, std::string_view grantee,
           std::string message) {
    result_.findings.push_back(
        wording::finding(std::move(subject), std::move(message), wording::privilege_tags(what, letters, grantee)));
  }

  // PUBLIC, the tenant group and tenants' roles in an acl. Neighbours mostly have the same one, which is parsed once.
  const std::vector<Holding>& holdings(Text acl) {
    if (acl == parsed_) return holdings_;
    parsed_ = acl;
    holdings_.clear();
    for (const auto& item : parse_acl(acl)) {
      auto at = std::ranges::find(holdings_, item.grantee, &Holding::grantee);
      if (at == holdings_.end()) {
        const bool tenant = !item.grantee.empty() && tenancy_.tenant_of_role(item.grantee).has_value();
        if (!tenant && !item.grantee.empty() && item.grantee != tenancy_.roles.tenant_group) continue;
        at = holdings_.insert(at, Holding{item.grantee, tenant, {}, {}, {}});
      }
      at->letters += wording::without(item.privileges, at->letters);
      at->grantable += wording::without(item.grantable, at->grantable);
      at->grantors.push_back(item.grantor);
    }
    return holdings_;
  }

  const Contract& contract_;
  const Tenancy& tenancy_;
  const Observation& o_;
  std::vector<Home> homes_;  // by index in Observation::schemas
  std::vector<Kind> kinds_;  // by index in Observation::relations
  Text parsed_;
  std::vector<Holding> holdings_;
  Examined result_;
};

Examined check(const Judged& judged) {
  if (!judged.contract.tenancy) return wording::no_tenancy();
  return Grants(judged).judge();
}

}  // namespace

const Clause kTenancyGrants = {
    .id = "tenancy.grants",
    .title = "tenants hold the privileges the design gives them and no others, PUBLIC holds none",
    .sentence =
        "Tenants are onboarded via Terraform which creates the schema, grants, and sets secrets via Sealed Secrets.",
    .why =
        "Policies filter SELECT, INSERT, UPDATE and DELETE; TRUNCATE empties a shared table for all tenants, "
        "REFERENCES and TRIGGER look at or run on rows of others, and a partition that is granted itself goes round "
        "its parent. What PUBLIC holds every tenant holds, and what default privileges hand out is granted to tables "
        "not yet made. Shared tables are granted to one group role: direct grants stop working at 2,167 tenants, "
        "when the list no longer fits in a row of pg_class.",
    .needs = {Fact::Roles, Fact::Schemas, Fact::Relations, Fact::Columns, Fact::DefaultAcls, Fact::VersionTables,
              Fact::Registry},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
