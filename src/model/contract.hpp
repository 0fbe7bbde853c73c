#pragma once
// contract.yaml as typed values: what contract/ loads and every later stage reads. Names are raw identifiers (not
// quoted); paths are as written, relative to `directory`. Immutable after loading; any thread.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.hpp"
#include "base/uuid.hpp"

namespace pgcontract {

// Where a value stands in a file, for messages. Line and column count from 1; 0 is "nowhere".
struct SourceMark {
  int line = 0;
  int column = 0;
};

// How an environment names its cluster. The DSN itself is never in the contract.
struct Environment {
  enum class Source { Embedded, Variable, File };
  std::string name;
  Source source = Source::Embedded;
  std::string variable_or_path;  // the variable's name or the file's path; empty for Embedded
  std::string database;          // Embedded only: the database's name
  bool managed = false;          // a provider's service: no superuser, telemetry in a database of its own
  bool production = false;       // commands that change or destroy ask first
  std::string store;             // where this environment's backups go; empty: where the contract says
  SourceMark mark;
};

struct ApplicationSchema {
  std::string name;
};
struct DemoSchema {
  std::string name;
  std::string seed;                       // a Python script; empty: nothing seeds it
  std::vector<std::string> environments;  // where it is wanted; empty: everywhere but production
};
struct TelemetrySchema {
  enum class SeparateDatabase { Never, Managed, Always };
  std::string name;  // of the schema and, where separate, of the database
  SeparateDatabase separate_database_when = SeparateDatabase::Never;
};

struct Schemas {
  ApplicationSchema application;
  std::optional<DemoSchema> demo;
  std::optional<TelemetrySchema> telemetry;
  std::string extensions = "extensions";  // where extensions' objects live
};

struct Conventions {
  std::vector<std::string> table_prefixes;  // "research_"
  std::string reference_prefix = "ref_";
  std::string temporal_type = "timestamptz";
  std::string temporal_default = "now()";
};

struct Migrations {
  std::string config;                           // alembic.ini, relative to the contract
  std::string command = "alembic";              // the program; may be a path
  std::string application_section = "alembic";  // alembic -n
  std::string tenant_section = "tenant";        // the tenants' branch; empty: tenants have no migrations
  std::string version_table = "alembic_version";
  std::string url_variable = "DATABASE_URL";  // env.py reads the DSN from it; it never holds a password
};

// The ids of canaries: tenants of the disposable copy that `tenant attack` makes, for the minute it lives. Version 8 of
// RFC 9562, so that no random id is ever one; the last group names the run. A real database has no such tenant.
inline constexpr std::string_view kCanaryPrefix = "ca4a41e5-0000-8000-8000-";
bool is_canary(const Uuid& id);

struct TenancyRoles {
  std::string owner = "pgc_owner";          // NOLOGIN, owns everything
  std::string definer = "pgc_definer";      // NOLOGIN, owns schema pgcontract and its functions
  std::string tenant_group = "pgc_tenant";  // NOLOGIN, the only grantee on shared tables
  std::string migrator = "pgc_migrator";    // LOGIN NOINHERIT, may become the owner
};

// What one tenant may take of the server. Durations and sizes in PostgreSQL's units, "30s", "1GB"; empty: no limit.
struct TenancyLimits {
  int connections = 20;  // -1: no limit
  std::string statement_timeout = "30s";
  std::string lock_timeout = {};
  std::string transaction_timeout = {};  // PostgreSQL 17 and later
  std::string idle_in_transaction_session_timeout = "60s";
  std::string idle_session_timeout = "10min";
  std::string temp_file_limit = "1GB";
};

enum class TenancyProfile { Standard, Strict };
std::string_view to_string(TenancyProfile profile);  // as in the contract

struct Tenancy {
  std::string schema_pattern = "tenant_{id}";  // {id}: 32 hexadecimal digits
  std::string role_pattern = "app_tenant_{id}";
  std::string setting = "app.tenant_id";
  std::string shared_column = "tenant_id";  // a table of the application schema with this column is shared by tenants
  std::string tombstones = "tombstones.jsonl";  // deletions, kept where no restore of the database reaches
  TenancyRoles roles;
  bool of_canaries = false;  // the contract of the copy: there only canaries are tenants, elsewhere they are none
  TenancyLimits limits;
  TenancyProfile profile = TenancyProfile::Standard;
  std::vector<std::string> catalog_readers;  // roles that keep what the strict profile takes from PUBLIC

  std::string schema_of(const Uuid& id) const;
  std::string role_of(const Uuid& id) const;
  // The id in a name of the pattern's shape, or nothing.
  std::optional<Uuid> tenant_of_schema(std::string_view schema_name) const;
  std::optional<Uuid> tenant_of_role(std::string_view role_name) const;
};

// Where backups are kept; store/ gives the words their meaning. Keys and tokens are never here, only where they are.
struct StoreLocation {
  std::string url;                  // "s3://bucket/prefix", "file:///path"; empty: nowhere
  std::string endpoint;             // of an S3 server; empty: AWS
  std::string region;               // empty: the server's word
  std::string credentials = "env";  // or "file:PATH", "folder:PATH"
  std::string addressing = "auto";  // or "path", "virtual"
  std::string ca_file;              // of who signed the server's certificate; empty: whom this machine trusts
};

// How long backups are kept, in days; 0: not promised.
struct Retention {
  int point_in_time = 0;  // every moment of the last days
  int nightly = 0;        // one logical backup of each day
  int monthly = 0;        // one logical and one base backup of each month
};
struct Hold {          // a backup that stays whatever its age
  std::string backup;  // base_… or the id of a logical one
  std::string reason;
  std::string by;
  std::optional<Date> until;
};
struct AcknowledgedGap {  // a hole in the archive that is known and cannot be mended
  std::uint32_t timeline = 0;
  std::string from, to;  // LSNs as PostgreSQL writes them
  std::string reason;
  std::string by;
};
struct Invariant {  // what a restored database must answer
  std::string name;
  std::string sql;           // one SELECT of one value
  std::string expect;        // the value as text; empty: it must be true
  bool each_tenant = false;  // run with search_path at each tenant's schema
};

// What the contract promises of backups. Words are kept as the file has them.
struct BackupPromise {
  std::string written;                 // the section, so that clauses can quote it
  std::string logical;                 // hourly, nightly, weekly; empty: not promised
  std::string wal;                     // continuous, none; empty: not promised
  std::string base = "weekly";         // daily, weekly, monthly: how old the newest base backup may be
  std::string drill;                   // weekly, monthly, quarterly; empty: not promised
  std::string runbook;                 // relative to the contract
  std::string compression = "zstd";    // or lz4, none
  std::string encryption_key;          // "file:PATH", "env:NAME"; empty: not encrypted
  std::string key_transform = "none";  // or hex, base64: as WALG_LIBSODIUM_KEY_TRANSFORM
  Retention retention;
  int recovery_point_minutes = 0;  // objectives; 0: none
  int recovery_time_minutes = 0;
  std::vector<Hold> holds;
  std::vector<AcknowledgedGap> gaps;
  std::vector<Invariant> invariants;
};

struct Waiver {
  std::string clause;
  std::string object;  // "schema.table", or "*" for every finding of the clause
  std::string reason;
  Date until;
  std::string by;  // who accepted it; may be empty
  SourceMark mark;
};

struct Contract {
  int version = 1;
  std::string name;
  std::string file;                       // as given on the command line, for messages
  std::string directory;                  // of the file, absolute: relative paths start here
  std::string sha256;                     // of the file's bytes, hexadecimal
  std::vector<Environment> environments;  // in the file's order; the first is the default
  Schemas schemas;
  Conventions conventions;
  std::optional<Migrations> migrations;
  std::optional<Tenancy> tenancy;
  // Sections that later clauses judge. Each is kept as written so that clauses can quote the promise.
  std::optional<BackupPromise> backup;
  StoreLocation store;
  std::optional<std::string> credentials;
  std::optional<std::string> maintenance;
  std::vector<Waiver> waivers;
};

}  // namespace pgcontract
