#pragma once
// The search of the privilege graph, one part of it a file (search_*.cpp). Each part looks at one kind of object: who
// among the tenants holds what on it, and what that is good for. Refers to the Observation; one thread.

#include <fmt/format.h>

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "model/acl.hpp"
#include "tenancy/acl_items.hpp"
#include "tenancy/breaks.hpp"
#include "tenancy/principals.hpp"
#include "tenancy/row_guard.hpp"

namespace pgcontract::tenancy {

// Who holds which privileges on one schema.
struct SchemaGrant {
  RoleId grantee = kNobody;
  Text letters;
};

struct Search {
  Search(const Contract& contract, const Observation& observation, std::optional<Uuid> only);

  const Contract& contract;
  const Tenancy& tenancy;
  const Observation& o;
  Principals principals;
  Breaks breaks;
  std::int64_t objects = 0;  // examined
  std::int64_t shared_tables = 0;

  // Names for SQL and paths.
  std::string role_name(std::size_t tenant) const;
  std::string schema_name(std::size_t tenant) const;
  std::string id_literal(std::size_t tenant) const;
  std::string setting(std::size_t tenant) const;  // SET app.tenant_id = '…';
  std::string name_of(RoleId role) const;         // "PUBLIC", raw
  Subject subject_of(std::string_view kind, const Relation& relation) const;

  // What holders of `grantee` have on a schema.
  const std::vector<SchemaGrant>& grants_on(Oid schema) const;
  bool grantee_has(RoleId grantee, Oid schema, char letter) const;
  bool class_has(std::size_t tenant_class, Oid schema, char letter) const;
  // Whether a class holds a privilege by PUBLIC, its tenants' own names aside, or a plain role.
  bool class_holds(std::size_t tenant_class, RoleId grantee) const;
  std::string letters_of(std::size_t tenant_class, Text acl) const;  // by all its roles; the owner's included

  // The same with the grants on columns; and what is granted to one role by its name.
  std::string letters_on(std::size_t tenant_class, const Relation& relation) const;
  std::string letters_by(RoleId grantee, const Relation& relation) const;
  // Calls f(tenant, role) for each tenant's own role that is named in the acl of a relation or of one of its columns.
  void for_each_own(const Relation& relation, const std::function<void(std::size_t, RoleId)>& f) const;

  bool may_create(std::size_t tenant_class) const;  // in any schema, or temporary objects
  // Path from a tenant to a grantee: "in" its roles, to the object by `letter`.
  std::vector<Edge> path_to(std::size_t tenant, RoleId grantee, std::string_view by, std::string object) const;

  // Whether a role that is no tenant has a privilege on a relation: as its owner, by a grant, or above all that.
  bool role_has(RoleId role, const Relation& relation, char letter) const;
  Reader reader_of(RoleId role) const;                     // the role, with what it inherits
  Reader reader_of_class(std::size_t tenant_class) const;  // sessions of a class of tenants

  // A table of the tenant that likely has rows; null where it has none.
  const Relation* table_of(std::size_t tenant) const;
  // A shared table that tenants may read; null where there is none.
  const Relation* shared_table() const;
  bool is_reference(const Relation& relation) const;  // that all tenants read
  std::string no_column() const;                      // the doubt about a table that is neither
  bool is_shared(const Relation& relation) const;     // has the tenants' column, outside their schemas
  std::string some_column(const Relation& relation, bool shared) const;  // to UPDATE; empty where unknown
  Text superuser() const;
  // Code planted in a schema: who creates it, and who runs it without meaning to.
  std::string plant(std::string_view schema) const;
  static std::string_view spring();

 private:
  mutable std::unordered_map<Oid, std::vector<SchemaGrant>> schema_grants_;
};

// The letters that `grantee` holds on an object of the server's or an extension's beyond what these brought along.
std::string beyond_initial(const SystemObject& object, Text grantee, Text letters);

void search_roles(Search& search);    // attributes and memberships
void search_logins(Search& search);   // that may be several tenants
void search_schemas(Search& search);  // and the database
void search_tables(Search& search);   // of tenants' schemas, and those that are nobody's
// TRIGGER on a table, held by `grantee`.
void search_trigger_grant(Search& search, const Relation& relation, RoleId grantee, std::size_t victim);
void search_rows(Search& search);       // of shared tables
void search_views(Search& search);      // materialized views and rules as well
void search_functions(Search& search);  // that run as somebody else; triggers
void search_guard(Search& search);      // role_tenant(), which the policies trust
void search_others(Search& search);     // servers, large objects, parameters, default privileges, event triggers, types

}  // namespace pgcontract::tenancy
