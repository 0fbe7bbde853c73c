#pragma once
// What observe/ saw of the world, at one moment: the catalog of one database, the cluster's roles and settings, the
// files of the migrations. Immutable once sealed. Fields follow the catalogs they are read from (PostgreSQL docs,
// chapter 53) under readable names.
//
// Ownership: every Text is a view into `arena` (or, in unit tests, into a literal); an Observation can be moved but
// not copied. Oid order: seal() sorts each list by its key, so that look-ups are binary searches; a literal
// Observation in a test calls seal() too.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/instant.hpp"
#include "base/uuid.hpp"
#include "model/backup.hpp"
#include "model/migrations.hpp"

namespace pgcontract {

using Oid = std::uint32_t;
using Text = std::string_view;

// A part of the world that is read as one. A clause names the facts it needs; where one could not be read, the
// clause's verdict is `unknown`, with the reason from Observation::unreadable.
enum class Fact {
  Server,
  Settings,
  Databases,
  Roles,
  Schemas,
  Relations,
  Columns,
  Constraints,
  Indexes,
  Policies,
  Triggers,
  Functions,
  Views,
  DefaultAcls,
  Extensions,
  Sequences,
  Publications,
  Subscriptions,
  Slots,
  SystemObjects,
  ForeignServers,
  LargeObjects,
  Parameters,
  EventTriggers,
  Rules,
  Types,
  VersionTables,
  Registry,
  MigrationFiles,
  Evidence,
  Archiver,
};
std::string_view to_string(Fact fact);

struct ServerFacts {
  int version_num = 0;     // 150020
  Text version;            // "15.20 (Debian 15.20-0+deb12u1)"
  Text system_identifier;  // of the cluster; empty where pg_control_system() may not be called
  bool in_recovery = false;
  Text database;  // the database observed
  Oid database_oid = 0;
  Text current_role;  // who observed
  bool current_role_superuser = false;
};

struct Setting {  // pg_settings; only those the role may see
  Text name;
  Text value;
  Text unit;
  bool pending_restart = false;
};

struct Database {  // pg_database
  Oid oid = 0;
  Text name;
  Oid owner = 0;
  Text acl;  // aclitem[] as text; empty where null (the built-in default applies): see model/acl.hpp
  bool allows_connections = true;
  Text encoding;
  Text collation;
};

struct Role {  // pg_roles
  Oid oid = 0;
  Text name;
  bool superuser = false;
  bool inherits = true;
  bool create_role = false;
  bool create_database = false;
  bool login = false;
  bool replication = false;
  bool bypass_rls = false;
  int connection_limit = -1;
  Text valid_until;            // timestamptz or empty
  std::vector<Text> settings;  // "search_path=…" for this database, else for all
};

struct Membership {  // pg_auth_members: `member` is in `role`
  Oid role = 0;
  Oid member = 0;
  bool admin = false;
  // PostgreSQL 16+: per grant. Before, inherit is the member's attribute and set is always true; observe fills both.
  bool inherit = true;
  bool set = true;
  std::vector<Text> grantors = {};  // 16+, where REVOKE takes back only what the one it names has granted
};

struct Schema {  // pg_namespace, without pg_* and information_schema
  Oid oid = 0;
  Text name;
  Oid owner = 0;
  Text acl;
  Text comment;
};

struct Relation {  // pg_class: tables, partitions, views, materialized views, foreign tables, sequences
  Oid oid = 0;
  Oid schema = 0;
  Text name;
  char kind = 'r';         // pg_class.relkind: r p v m f S
  char persistence = 'p';  // p u t
  Oid owner = 0;
  Text acl;
  bool rls_enabled = false;
  bool rls_forced = false;
  bool is_partition = false;
  Oid parent = 0;               // of a partition or the first inheritance parent
  double row_estimate = -1;     // pg_class.reltuples; -1: never analysed
  std::int64_t size_pages = 0;  // pg_class.relpages, an estimate
  char replica_identity = 'd';
  Text options;  // reloptions as text
  bool from_extension = false;
};

struct Column {  // pg_attribute of relations that have columns to judge (tables, partitions, foreign tables, views)
  Oid relation = 0;
  int number = 0;
  Text name;
  Oid type = 0;
  int type_modifier = -1;
  Text type_name;       // format_type(), with schema where not in pg_catalog
  Text base_type_name;  // of a domain or array element, the type below; else the same
  bool not_null = false;
  char identity = 0;        // 'a', 'd' or 0
  char generated = 0;       // 's', 'v' or 0
  Text default_expression;  // pg_get_expr(); empty where none
  Text acl;
};

struct Constraint {  // pg_constraint of relations
  Oid oid = 0;
  Oid relation = 0;
  Text name;
  char kind = 'c';  // c f p u x (t and n are not read)
  std::vector<int> columns;
  Oid referenced = 0;
  std::vector<int> referenced_columns;
  bool validated = true;
};

struct Index {  // pg_index
  Oid oid = 0;
  Oid relation = 0;
  Text name;
  bool unique = false;
  bool primary = false;
  bool valid = true;
  std::vector<int> key_columns;  // attribute numbers; 0 is an expression
  bool partial = false;
};

struct Policy {  // pg_policy
  Oid oid = 0;
  Oid relation = 0;
  Text name;
  bool permissive = true;
  char command = '*';      // * r a w d
  std::vector<Oid> roles;  // 0 is PUBLIC
  Text using_expression;
  Text check_expression;
};

struct Trigger {  // pg_trigger, not internal
  Oid oid = 0;
  Oid relation = 0;
  Text name;
  Oid function = 0;
  char enabled = 'O';
};

struct Function {  // pg_proc outside pg_catalog
  Oid oid = 0;
  Oid schema = 0;
  Text name;
  Text arguments;  // pg_get_function_identity_arguments()
  char kind = 'f';
  Oid owner = 0;
  Text acl;
  bool security_definer = false;
  Text language;
  char volatility = 'v';
  std::vector<Text> settings;  // proconfig: "search_path=pg_catalog, pg_temp"
  Text source;                 // prosrc
  bool from_extension = false;
  Text returns = {};  // format_type(): "trigger"
};

// What calls a function without a body that names it, as the server recorded it. `user` is a relation ('r': its view or
// rule, default, check, index, policy or trigger), a function ('f': an aggregate, or a body kept as a parse tree), an
// operator, cast or domain ('o'), or what the server calls by itself, asking nobody's EXECUTE ('i': of a type or of an
// operator class).
struct FunctionUse {
  Oid function = 0;
  char kind = 'r';
  Oid user = 0;
};

struct View {  // definitions of views and materialized views (pg_get_viewdef)
  Oid relation = 0;
  Text definition;
  bool security_invoker = false;
  int updatable = -1;  // pg_relation_is_updatable(): bits 4 UPDATE, 8 INSERT, 16 DELETE; of itself or by a rule
};

struct DefaultAcl {  // pg_default_acl
  Oid role = 0;
  Oid schema = 0;   // 0: every schema
  char kind = 'r';  // r S f T n
  Text acl;
};

struct Extension {
  Oid oid = 0;
  Text name;
  Oid schema = 0;
  Text version;
  Oid owner = 0;
};

struct Sequence {
  Oid relation = 0;
  Text type_name;
  bool owned_by_identity = false;
  Oid owned_by = 0;  // relation of the owning column, or 0
};

struct Publication {
  Oid oid = 0;
  Text name;
  Oid owner = 0;
  bool all_tables = false;
  std::vector<Oid> relations;
};

struct Subscription {
  Oid oid = 0;
  Text name;
  Oid owner = 0;
  bool enabled = false;
};

struct Slot {  // pg_replication_slots
  Text name;
  Text plugin;
  Text kind;  // physical, logical
  Text database;
  bool active = false;
  Text wal_status;
};

// A function, relation or column of pg_catalog or information_schema, or of an extension, with an acl of its own; where
// it has none, the default of its kind holds (functions: PUBLIC may EXECUTE).
struct SystemObject {
  Oid oid = 0;
  char kind = 'f';  // f function, r relation, c column
  Text name;        // "set_config(text,text,boolean)", "pg_stat_activity", "information_schema.tables"
  Text acl;
  Text initial = {};  // the acl that initdb or the extension gave it; empty: the default of its kind
};

struct ForeignServer {  // pg_foreign_server and pg_foreign_data_wrapper
  Oid oid = 0;
  char kind = 's';  // s server, w wrapper
  Text name;
  Oid owner = 0;
  Text acl;
};

struct UserMapping {  // pg_user_mappings; never its options
  Oid server = 0;
  Oid role = 0;  // 0 is PUBLIC
};

struct LargeObject {  // pg_largeobject_metadata, where it has an acl
  Oid oid = 0;
  Oid owner = 0;
  Text acl;
};

struct ParameterAcl {  // pg_parameter_acl, PostgreSQL 15+
  Text name;
  Text acl;
};

struct EventTrigger {  // pg_event_trigger
  Oid oid = 0;
  Text name;
  Text event;
  Oid owner = 0;
  Oid function = 0;
  char enabled = 'O';
};

// That a rule of `relation` speaks of another relation: a view's SELECT ('1'), or a rule on UPDATE ('2'), INSERT ('3')
// or DELETE ('4').
struct RuleRead {
  Oid relation = 0;
  Oid reads = 0;
  char event = '1';
};

struct NamedType {  // pg_type: domains, enumerations, ranges
  Oid oid = 0;
  Oid schema = 0;
  Text name;
  char kind = 'd';  // d e r
  Oid owner = 0;
  Text acl;
};

struct VersionTable {  // Alembic's table of one schema
  Oid schema = 0;
  Oid relation = 0;
  std::vector<Text> versions;  // its rows: one per current head
};

struct RegisteredTenant {  // pgcontract.tenant
  Uuid id;
  Text display_name;
  Text state;             // active, suspended, deleted
  Text created_at;        // RFC 3339 with milliseconds, UTC: later texts are later instants
  Text deleted_at;        // likewise; empty unless deleted
  Text inventory_sha256;  // of what a deleted tenant had
};

// A deletion as the file beside the contract tells it, which survives the restore of an older backup.
struct Tombstone {
  Uuid id;
  Text deleted_at;  // as RegisteredTenant::deleted_at
  Text inventory_sha256;
};

struct Registry {
  bool present = false;  // schema pgcontract with its tables
  int version = 0;       // of that schema, from its comment; 0 where absent
  std::vector<RegisteredTenant> tenants;
};

// The newest row of pgcontract.evidence of one kind on one subject; of the kinds that clauses judge by alone. Of kind
// `revision` there is one for each text that a released revision had.
struct Evidence {
  Text kind;
  Text subject;
  Text recorded_on;                        // date, "2026-11-23"
  std::vector<Text> detail;                // "key=value"
  Text value(std::string_view key) const;  // empty where absent
};

// pg_stat_archiver, and where the server is in its WAL: the times of the server's own clock.
struct ArchiverFacts {
  std::int64_t archived = 0;  // segments since the statistics began
  Text last_archived;         // a segment's name; empty: none
  std::optional<Instant> last_archived_at;
  Text last_failed;
  std::optional<Instant> last_failed_at;
  Text current;  // the segment being written; empty on a standby
};

class Observation {
 public:
  Observation() = default;
  Observation(Observation&&) = default;
  Observation& operator=(Observation&&) = default;

  Instant taken_at{};
  ServerFacts server;
  std::vector<Setting> settings;
  std::vector<Database> databases;
  std::vector<Role> roles;
  std::vector<Membership> memberships;
  std::vector<Schema> schemas;
  std::vector<Relation> relations;
  std::vector<Column> columns;
  std::vector<Constraint> constraints;
  std::vector<Index> indexes;
  std::vector<Policy> policies;
  std::vector<Trigger> triggers;
  std::vector<Function> functions;
  std::vector<FunctionUse> function_uses;
  std::vector<View> views;
  std::vector<DefaultAcl> default_acls;
  std::vector<Extension> extensions;
  std::vector<Sequence> sequences;
  std::vector<Publication> publications;
  std::vector<Subscription> subscriptions;
  std::vector<Slot> slots;
  std::vector<SystemObject> system_objects;
  std::vector<ForeignServer> foreign_servers;
  std::vector<UserMapping> user_mappings;
  std::vector<LargeObject> large_objects;
  std::vector<ParameterAcl> parameters;
  std::vector<EventTrigger> event_triggers;
  std::vector<RuleRead> rule_reads;
  std::vector<NamedType> types;
  std::vector<VersionTable> version_tables;
  Registry registry;
  std::vector<Tombstone> tombstones;  // of this environment, read from disk; sorted by id
  std::vector<Evidence> evidence;
  MigrationFiles migrations;  // read from disk, not from the server
  ArchiverFacts archiver;
  BackupFacts backups;  // read from their store, and from the runbook on disk

  std::map<Fact, std::string> unreadable;  // why a fact could not be read
  int statements = 0;                      // how many were sent to the server

  // Where the views point. Blocks never move.
  std::vector<std::unique_ptr<char[]>> arena;
  // Keeps a copy of `text` for as long as the Observation lives.
  Text keep(std::string_view text);

  // Sorts each list by its key. Called once, by whoever filled it.
  void seal();

  // Look-ups, valid after seal(). Null or empty where there is none.
  const Role* role(Oid oid) const;
  const Role* role_named(std::string_view name) const;
  const Schema* schema(Oid oid) const;
  const Schema* schema_named(std::string_view name) const;
  const Relation* relation(Oid oid) const;
  const Function* function(Oid oid) const;
  const Setting* setting(std::string_view name) const;
  const Extension* extension_named(std::string_view name) const;
  const Database* database() const;  // the one observed
  std::span<const Relation> relations_of(Oid schema) const;
  std::span<const Column> columns_of(Oid relation) const;
  std::span<const Constraint> constraints_of(Oid relation) const;
  std::span<const Index> indexes_of(Oid relation) const;
  std::span<const Policy> policies_of(Oid relation) const;
  std::span<const Function> functions_of(Oid schema) const;
  std::span<const RuleRead> rule_reads_of(Oid relation) const;
  const View* view(Oid relation) const;
  const Column* column_named(Oid relation, std::string_view name) const;
  const VersionTable* version_table_of(Oid schema) const;

  // "schema.name", for findings; each part quoted only where SQL needs it.
  std::string name_of(const Relation& relation) const;
  std::string name_of(const Function& function) const;  // with its argument types
  Text role_name(Oid oid) const;                        // "public" for 0, "?" where unknown

 private:
  std::unordered_map<Oid, std::uint32_t> relation_by_oid_;  // relations are sorted by schema and name
};

// An identifier as SQL reads it back: quoted only where needed (like quote_ident()).
std::string quoted(std::string_view identifier);
// A string constant as SQL reads it back (like quote_literal()).
std::string quoted_literal(std::string_view text);

}  // namespace pgcontract
