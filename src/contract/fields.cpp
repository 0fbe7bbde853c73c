#include "contract/fields.hpp"

#include <algorithm>
#include <cstdint>

namespace pgcontract::contract {
namespace {

using Words = std::vector<std::string_view>;
using Setter = void (*)(Contract& contract, const Value& value);
using C = Contract;
using V = Value;

Field section(std::string_view path, std::string_view sentence, Setter set = nullptr) {
  return {.path = path, .shape = Shape::Section, .sentence = sentence, .set = set};
}
// A section whose defaults hold where it is absent.
Field standing_section(std::string_view path, std::string_view sentence) {
  return {.path = path, .shape = Shape::Section, .fallback = "{}", .sentence = sentence};
}
Field required_section(std::string_view path, std::string_view sentence) {
  return {.path = path, .shape = Shape::Section, .required = true, .sentence = sentence};
}
Field text(std::string_view path, const Rule& rule, std::string_view sentence, Setter set = nullptr) {
  return {.path = path, .rule = &rule, .sentence = sentence, .set = set};
}
Field required_text(std::string_view path, const Rule& rule, std::string_view sentence, Setter set) {
  return {.path = path, .required = true, .rule = &rule, .sentence = sentence, .set = set};
}
Field defaulted_text(std::string_view path, const Rule& rule, std::string_view fallback, std::string_view sentence,
                     Setter set) {
  return {.path = path, .fallback = fallback, .rule = &rule, .sentence = sentence, .set = set};
}
Field choice(std::string_view path, Words allowed, std::string_view fallback, std::string_view sentence,
             Setter set = nullptr) {
  return {.path = path,
          .fallback = fallback,
          .allowed = std::move(allowed),
          .rule = &rule::kLine,
          .sentence = sentence,
          .set = set};
}
Field flag(std::string_view path, std::string_view sentence, Setter set) {
  return {.path = path, .shape = Shape::Flag, .fallback = "false", .sentence = sentence, .set = set};
}
Field texts(std::string_view path, const Rule& rule, std::string_view sentence, Setter set) {
  return {.path = path, .shape = Shape::Texts, .fallback = "[]", .rule = &rule, .sentence = sentence, .set = set};
}

void set_dsn_source(Contract& contract, const Value& value) {
  const bool is_file = value.text.starts_with("file:");
  auto& environment = contract.environments.back();
  environment.source = is_file ? Environment::Source::File : Environment::Source::Variable;
  environment.variable_or_path = value.text.substr(value.text.find(':') + 1);
}

void set_separate_database(Contract& contract, const Value& value) {
  using When = TelemetrySchema::SeparateDatabase;
  contract.schemas.telemetry->separate_database_when = value.text == "always"    ? When::Always
                                                       : value.text == "managed" ? When::Managed
                                                                                 : When::Never;
}

void add_environment(Contract& contract, const Value& value) {
  Environment environment;
  environment.name = value.text;
  environment.mark = value.mark;
  contract.environments.push_back(std::move(environment));
}

void add_waiver(Contract& contract, const Value& value) {
  Waiver waiver;
  waiver.mark = value.mark;
  contract.waivers.push_back(std::move(waiver));
}

// The rule has passed the date by then.
void set_until(Contract& contract, const Value& value) {
  if (const auto date = parse_date(value.text)) contract.waivers.back().until = *date;
}

void append(std::vector<Field>& table, std::vector<Field> rows) {
  for (auto& row : rows) table.push_back(std::move(row));
}

std::vector<Field> identity_fields() {
  return {
      {.path = "contract",
       .shape = Shape::Version,
       .required = true,
       .sentence = "The version of this file's format.",
       .set = [](C& c, const V&) { c.version = 1; }},
      required_text("name", rule::kContractName, "The name of the system; also of the embedded database.",
                    [](C& c, const V& v) { c.name = v.text; }),
      {.path = "environments",
       .shape = Shape::Named,
       .required = true,
       .rule = &rule::kEnvironmentName,
       .exactly_one = {"dsn", "dsn_from"},
       .sentence = "Where the contract is held, by name; the first is the default. DSNs never stand in this file.",
       .set = add_environment},
      text("environments.*.dsn", rule::kEmbedded, "A cluster that pgcontract creates, starts and stops itself."),
      text("environments.*.dsn_from", rule::kDsnFrom,
           "The environment variable or the file that holds the DSN; a relative path starts at the contract.",
           set_dsn_source),
      text("environments.*.database", rule::kIdentifier,
           "The embedded cluster's database; without it, the contract's name.",
           [](C& c, const V& v) { c.environments.back().database = v.text; }),
      flag("environments.*.managed", "A provider's service: no superuser, telemetry in a database of its own.",
           [](C& c, const V& v) { c.environments.back().managed = v.flag; }),
      flag("environments.*.production", "Commands that change or destroy ask first.",
           [](C& c, const V& v) { c.environments.back().production = v.flag; }),
      text("environments.*.store", rule::kEnvironmentStore,
           "Where its backups go, instead of backup.store; embedded: a folder beside the embedded cluster; none: it "
           "keeps "
           "none, and no clause asks for them.",
           [](C& c, const V& v) { c.environments.back().store = v.text; }),
  };
}

std::vector<Field> schema_fields() {
  return {
      required_section("schemas", "The schemas that the contract governs, besides the tenants'."),
      required_section("schemas.application", "The primary schema: API models, task queues, lookups."),
      required_text("schemas.application.name", rule::kSchema, "Its name.",
                    [](C& c, const V& v) { c.schemas.application.name = v.text; }),
      section("schemas.demo", "Content for demonstrations.", [](C& c, const V&) { c.schemas.demo.emplace(); }),
      required_text("schemas.demo.name", rule::kSchema, "Its name.",
                    [](C& c, const V& v) { c.schemas.demo->name = v.text; }),
      text("schemas.demo.seed", rule::kLine, "The Python script that fills it; without it, nothing does.",
           [](C& c, const V& v) { c.schemas.demo->seed = v.text; }),
      texts("schemas.demo.environments", rule::kEnvironmentName,
            "The environments that have it; an empty list means all but those with production: true.",
            [](C& c, const V& v) { c.schemas.demo->environments = v.list; }),
      section("schemas.telemetry", "Observability data: traces, evaluations.",
              [](C& c, const V&) { c.schemas.telemetry.emplace(); }),
      required_text("schemas.telemetry.name", rule::kSchema, "Its name, and that of the database where it is separate.",
                    [](C& c, const V& v) { c.schemas.telemetry->name = v.text; }),
      choice("schemas.telemetry.separate_database_when", {"never", "managed", "always"}, "never",
             "When telemetry has a database of its own: in environments with managed: true, or always.",
             set_separate_database),
      standing_section("schemas.extensions", "Where the objects of extensions live."),
      defaulted_text("schemas.extensions.name", rule::kSchema, "extensions", "Its name.",
                     [](C& c, const V& v) { c.schemas.extensions = v.text; }),
  };
}

std::vector<Field> convention_fields() {
  return {
      standing_section("conventions", "How tables are named and time is kept."),
      texts("conventions.table_prefixes", rule::kPrefix,
            "The domains: every table's name starts with one of them; an empty list asks for none.",
            [](C& c, const V& v) { c.conventions.table_prefixes = v.list; }),
      defaulted_text("conventions.reference_prefix", rule::kPrefix, "ref_",
                     "How lookup tables start; they live in the application schema.",
                     [](C& c, const V& v) { c.conventions.reference_prefix = v.text; }),
      standing_section("conventions.temporal", "Columns that hold an instant."),
      choice("conventions.temporal.type", {"timestamptz", "timestamp"}, "timestamptz", "Their type.",
             [](C& c, const V& v) { c.conventions.temporal_type = v.text; }),
      defaulted_text("conventions.temporal.default", rule::kLine, "now()", "Their default, as an SQL expression.",
                     [](C& c, const V& v) { c.conventions.temporal_default = v.text; }),
  };
}

std::vector<Field> migration_fields() {
  return {
      section("migrations", "The tool that is the source of truth for tables.",
              [](C& c, const V&) { c.migrations.emplace(); }),
      choice("migrations.tool", {"alembic"}, "alembic", "The tool."),
      required_text("migrations.config", rule::kLine, "The path of alembic.ini.",
                    [](C& c, const V& v) { c.migrations->config = v.text; }),
      defaulted_text("migrations.command", rule::kLine, "alembic", "The program: a name in PATH, or a path.",
                     [](C& c, const V& v) { c.migrations->command = v.text; }),
      defaulted_text("migrations.application_section", rule::kLine, "alembic",
                     "The section of alembic.ini with the application schema's history.",
                     [](C& c, const V& v) { c.migrations->application_section = v.text; }),
      defaulted_text("migrations.tenant_section", rule::kOptionalLine, "tenant",
                     "The section with the tenant schemas' history; \"\" where tenants have no tables of their own.",
                     [](C& c, const V& v) { c.migrations->tenant_section = v.text; }),
      defaulted_text("migrations.version_table", rule::kIdentifier, "alembic_version",
                     "Alembic's table in each migrated schema.",
                     [](C& c, const V& v) { c.migrations->version_table = v.text; }),
      defaulted_text("migrations.url_variable", rule::kVariable, "DATABASE_URL",
                     "The variable from which env.py reads the DSN; it never holds a password.",
                     [](C& c, const V& v) { c.migrations->url_variable = v.text; }),
  };
}

// The word none stands for no limit, and is empty in the Contract.
std::string limit_of(const Value& value) { return value.text == "none" ? std::string() : value.text; }

std::vector<Field> limit_fields() {
  return {
      standing_section("tenancy.limits",
                       "What one tenant may take of the server: PostgreSQL's names and units; none means no limit."),
      {.path = "tenancy.limits.connections",
       .shape = Shape::Count,
       .fallback = "20",
       .sentence = "Sessions at a time.",
       .set = [](C& c, const V& v) { c.tenancy->limits.connections = v.text == "none" ? -1 : std::stoi(v.text); }},
      defaulted_text("tenancy.limits.statement_timeout", rule::kTimeLimit, "30s",
                     "The longest statement. The session may set it otherwise.",
                     [](C& c, const V& v) { c.tenancy->limits.statement_timeout = limit_of(v); }),
      defaulted_text("tenancy.limits.lock_timeout", rule::kTimeLimit, "none",
                     "The longest wait for a lock. The session may set it otherwise.",
                     [](C& c, const V& v) { c.tenancy->limits.lock_timeout = limit_of(v); }),
      defaulted_text("tenancy.limits.transaction_timeout", rule::kTimeLimit, "none",
                     "The longest transaction, from PostgreSQL 17 on. The session may set it otherwise.",
                     [](C& c, const V& v) { c.tenancy->limits.transaction_timeout = limit_of(v); }),
      defaulted_text("tenancy.limits.idle_in_transaction_session_timeout", rule::kTimeLimit, "60s",
                     "How long a transaction may wait for its session. The session may set it otherwise.",
                     [](C& c, const V& v) { c.tenancy->limits.idle_in_transaction_session_timeout = limit_of(v); }),
      defaulted_text("tenancy.limits.idle_session_timeout", rule::kTimeLimit, "10min",
                     "How long a session may idle. The session may set it otherwise.",
                     [](C& c, const V& v) { c.tenancy->limits.idle_session_timeout = limit_of(v); }),
      defaulted_text("tenancy.limits.temp_file_limit", rule::kSizeLimit, "1GB",
                     "Temporary files of one session. Only superusers, and from PostgreSQL 15 on roles granted SET on "
                     "the parameter, can give it; the session cannot change it.",
                     [](C& c, const V& v) { c.tenancy->limits.temp_file_limit = limit_of(v); }),
  };
}

std::vector<Field> tenancy_fields() {
  return {
      section("tenancy", "How tenants are kept apart. Without this section there are no tenants.",
              [](C& c, const V&) { c.tenancy.emplace(); }),
      defaulted_text("tenancy.schema", rule::kSchemaPattern, "tenant_{id}",
                     "Each tenant's schema; {id} is the tenant's uuid as 32 hexadecimal digits.",
                     [](C& c, const V& v) { c.tenancy->schema_pattern = v.text; }),
      defaulted_text("tenancy.role", rule::kRolePattern, "app_tenant_{id}",
                     "The role each tenant's sessions log in as.",
                     [](C& c, const V& v) { c.tenancy->role_pattern = v.text; }),
      defaulted_text("tenancy.setting", rule::kSetting, "app.tenant_id",
                     "The setting that policies compare with the shared column.",
                     [](C& c, const V& v) { c.tenancy->setting = v.text; }),
      defaulted_text("tenancy.shared_column", rule::kIdentifier, "tenant_id",
                     "A table of the application schema with this column is shared by tenants.",
                     [](C& c, const V& v) { c.tenancy->shared_column = v.text; }),
      defaulted_text("tenancy.tombstones", rule::kLine, "tombstones.jsonl",
                     "The file that keeps which tenants were deleted, out of reach of a restore.",
                     [](C& c, const V& v) { c.tenancy->tombstones = v.text; }),
      standing_section("tenancy.roles", "The roles behind the tenants' own."),
      defaulted_text("tenancy.roles.owner", rule::kRole, "pgc_owner", "Owns everything; cannot log in.",
                     [](C& c, const V& v) { c.tenancy->roles.owner = v.text; }),
      defaulted_text("tenancy.roles.definer", rule::kRole, "pgc_definer", "Owns the guard functions; cannot log in.",
                     [](C& c, const V& v) { c.tenancy->roles.definer = v.text; }),
      defaulted_text("tenancy.roles.tenant_group", rule::kRole, "pgc_tenant",
                     "The group of all tenants: the only grantee on shared tables; cannot log in.",
                     [](C& c, const V& v) { c.tenancy->roles.tenant_group = v.text; }),
      defaulted_text("tenancy.roles.migrator", rule::kRole, "pgc_migrator",
                     "Logs in to migrate, and may become the owner.",
                     [](C& c, const V& v) { c.tenancy->roles.migrator = v.text; }),
      choice("tenancy.profile", {"standard", "strict"}, "standard",
             "strict takes catalog functions and views from PUBLIC that tenants can misuse, and some tools need: "
             "see doc/strict.md.",
             [](C& c, const V& v) {
               c.tenancy->profile = v.text == "strict" ? TenancyProfile::Strict : TenancyProfile::Standard;
             }),
      texts("tenancy.catalog_readers", rule::kRole,
            "Roles that keep what strict takes from PUBLIC, such as the one that runs pg_dump.",
            [](C& c, const V& v) { c.tenancy->catalog_readers = v.list; }),
  };
}

// Sections whose clauses come later: checked like the others, kept as written.
std::vector<Field> promise_fields() {
  return {
      section("backup", "What is backed up, where to, and how that is proved.",
              [](C& c, const V& v) { c.backup.emplace().written = v.text; }),
      text("backup.store", rule::kStore, "Where backups go: s3://bucket/prefix or file:///path.",
           [](C& c, const V& v) { c.store.url = v.text; }),
      text("backup.endpoint", rule::kEndpoint, "The address of an S3 server; without it, AWS's.",
           [](C& c, const V& v) { c.store.endpoint = v.text; }),
      text("backup.region", rule::kRegion, "The bucket's region; without it, AWS_REGION or what the server names.",
           [](C& c, const V& v) { c.store.region = v.text; }),
      defaulted_text("backup.credentials", rule::kCredentials, "env",
                     "Where the store's keys are: AWS's variables, a file of AWS's format, or the folder of a mounted "
                     "secret. They are read again when the store calls them expired.",
                     [](C& c, const V& v) { c.store.credentials = v.text; }),
      choice("backup.addressing", {"auto", "path", "virtual"}, "auto",
             "Where the bucket stands in a request: in its path, or before the host's name, which auto does for AWS "
             "alone.",
             [](C& c, const V& v) { c.store.addressing = v.text; }),
      text("backup.ca_file", rule::kLine, "The certificate of who vouches for the server, where this machine does not.",
           [](C& c, const V& v) { c.store.ca_file = v.text; }),
      choice("backup.logical", {"hourly", "nightly", "weekly"}, "", "How often pg_dump runs.",
             [](C& c, const V& v) { c.backup->logical = v.text; }),
      choice("backup.wal", {"continuous", "none"}, "", "Whether WAL is archived, for point-in-time recovery.",
             [](C& c, const V& v) { c.backup->wal = v.text; }),
      choice("backup.base", {"daily", "weekly", "monthly"}, "weekly",
             "How often a base backup is taken, where WAL is archived.",
             [](C& c, const V& v) { c.backup->base = v.text; }),
      choice("backup.drill", {"weekly", "monthly", "quarterly"}, "", "How often a full restore is proved.",
             [](C& c, const V& v) { c.backup->drill = v.text; }),
      text("backup.runbook", rule::kLine, "Where the outcome of a drill is written down.",
           [](C& c, const V& v) { c.backup->runbook = v.text; }),
      choice("backup.compression", {"zstd", "lz4", "none"}, "zstd", "How objects are compressed.",
             [](C& c, const V& v) { c.backup->compression = v.text; }),
      text("backup.encryption_key", rule::kDsnFrom,
           "The variable or the file that holds the key objects are encrypted with, as wal-g does with libsodium; a "
           "relative path starts at the contract. Without it they are not encrypted.",
           [](C& c, const V& v) { c.backup->encryption_key = v.text; }),
      choice("backup.key_transform", {"none", "hex", "base64"}, "none",
             "How the key is written: as WALG_LIBSODIUM_KEY_TRANSFORM.",
             [](C& c, const V& v) { c.backup->key_transform = v.text; }),
      section("credentials", "How secrets are kept and changed.", [](C& c, const V& v) { c.credentials = v.text; }),
      text("credentials.sops", rule::kLine, "The SOPS files, as a path that may contain *."),
      text("credentials.sealed", rule::kLine, "The folder or files of the Sealed Secrets made from them."),
      choice("credentials.rotate", {"weekly", "monthly", "quarterly", "yearly"}, "", "How often passwords change."),
      section("maintenance", "What is done on a calendar.", [](C& c, const V& v) { c.maintenance = v.text; }),
      choice("maintenance.vacuum", {"daily", "weekly", "monthly"}, "",
             "How often VACUUM and ANALYZE reach every table."),
      text("maintenance.minor_versions_within", rule::kDuration,
           "How soon after its release a minor version of PostgreSQL is in use."),
  };
}

// "30 days", "2 weeks"; hours count as the days they touch. The rule has passed the text by then.
int days_of(const std::string& text) {
  const int number = std::stoi(text);
  if (text.find(" hour") != text.npos) return (number + 23) / 24;
  return text.find(" week") != text.npos ? number * 7 : number;
}

// "90s", "15min", "1h"; what is left of a minute counts as one.
int minutes_of(const std::string& text) {
  if (text == "none") return 0;
  std::size_t digits = 0;
  const std::int64_t number = std::stoll(text, &digits);
  const std::string unit = text.substr(digits);
  const std::int64_t ms = number * (unit == "ms"    ? 1
                                    : unit == "s"   ? 1'000
                                    : unit == "min" ? 60'000
                                    : unit == "h"   ? 3'600'000
                                                    : 86'400'000);
  return static_cast<int>(std::min<std::int64_t>((ms + 59'999) / 60'000, 1'000'000'000));
}

// How long backups stay, and what they must be good for.
std::vector<Field> retention_fields() {
  return {
      section("backup.retention", "How long backups are kept. What is not named here is never removed."),
      text("backup.retention.point_in_time", rule::kDuration,
           "For how long back every moment can be restored: base backups and WAL.",
           [](C& c, const V& v) { c.backup->retention.point_in_time = days_of(v.text); }),
      text("backup.retention.nightly", rule::kDuration, "For how long one logical backup of each day is kept.",
           [](C& c, const V& v) { c.backup->retention.nightly = days_of(v.text); }),
      text("backup.retention.monthly", rule::kDuration,
           "For how long one logical and one base backup of each month are kept.",
           [](C& c, const V& v) { c.backup->retention.monthly = days_of(v.text); }),
      section("backup.objectives", "What a restore must achieve."),
      text("backup.objectives.recovery_point", rule::kTimeLimit, "How much of what was committed last may be lost.",
           [](C& c, const V& v) { c.backup->recovery_point_minutes = minutes_of(v.text); }),
      text("backup.objectives.recovery_time", rule::kTimeLimit, "How long until the restored database answers.",
           [](C& c, const V& v) { c.backup->recovery_time_minutes = minutes_of(v.text); }),
      {.path = "backup.holds",
       .shape = Shape::Records,
       .fallback = "[]",
       .sentence = "Backups that stay whatever their age.",
       .set = [](C& c, const V&) { c.backup->holds.emplace_back(); }},
      required_text("backup.holds[].backup", rule::kLine, "Its name: base_…, or the id of a logical backup.",
                    [](C& c, const V& v) { c.backup->holds.back().backup = v.text; }),
      required_text("backup.holds[].reason", rule::kParagraph, "Why it stays.",
                    [](C& c, const V& v) { c.backup->holds.back().reason = v.text; }),
      text("backup.holds[].by", rule::kLine, "Who asked for it.",
           [](C& c, const V& v) { c.backup->holds.back().by = v.text; }),
      text("backup.holds[].until", rule::kDate, "The last day of the hold; without it, it never ends.",
           [](C& c, const V& v) {
             if (const auto date = parse_date(v.text)) c.backup->holds.back().until = *date;
           }),
      {.path = "backup.invariants",
       .shape = Shape::Records,
       .fallback = "[]",
       .sentence = "What a restored database must answer, in every drill.",
       .set = [](C& c, const V&) { c.backup->invariants.emplace_back(); }},
      required_text("backup.invariants[].name", rule::kLine, "What it is called in the drill's findings.",
                    [](C& c, const V& v) { c.backup->invariants.back().name = v.text; }),
      required_text("backup.invariants[].sql", rule::kParagraph, "One SELECT of one value.",
                    [](C& c, const V& v) { c.backup->invariants.back().sql = v.text; }),
      text("backup.invariants[].expect", rule::kLine, "The value as text; without it, it must be true.",
           [](C& c, const V& v) { c.backup->invariants.back().expect = v.text; }),
      flag("backup.invariants[].each_tenant", "Asked once for each tenant, with its schema in front.",
           [](C& c, const V& v) { c.backup->invariants.back().each_tenant = v.flag; }),
  };
}

std::vector<Field> waiver_fields() {
  return {
      {.path = "waivers",
       .shape = Shape::Records,
       .fallback = "[]",
       .sentence = "Findings that are accepted for a while.",
       .set = add_waiver},
      required_text("waivers[].clause", rule::kLine, "The clause's id, such as schema.domain_prefix.",
                    [](C& c, const V& v) { c.waivers.back().clause = v.text; }),
      defaulted_text("waivers[].object", rule::kLine, "*",
                     "The object of the finding, as verify prints it; * for every finding of the clause.",
                     [](C& c, const V& v) { c.waivers.back().object = v.text; }),
      required_text("waivers[].reason", rule::kParagraph, "Why it is accepted.",
                    [](C& c, const V& v) { c.waivers.back().reason = v.text; }),
      required_text("waivers[].until", rule::kDate, "The last day it is accepted; after it the waiver is a finding.",
                    set_until),
      text("waivers[].by", rule::kLine, "Who accepted it.", [](C& c, const V& v) { c.waivers.back().by = v.text; }),
  };
}

// Their rules have passed number and LSNs by then.
std::vector<Field> gap_fields() {
  return {
      {.path = "backup.acknowledged_gaps",
       .shape = Shape::Records,
       .fallback = "[]",
       .sentence = "Holes in the archive of WAL that are known and cannot be mended.",
       .set = [](C& c, const V&) { c.backup->gaps.emplace_back(); }},
      required_text(
          "backup.acknowledged_gaps[].timeline", rule::kTimeline, "The timeline, as backup windows prints it.",
          [](C& c, const V& v) { c.backup->gaps.back().timeline = static_cast<std::uint32_t>(std::stoul(v.text)); }),
      required_text("backup.acknowledged_gaps[].from", rule::kLsn, "The LSN at which it begins.",
                    [](C& c, const V& v) { c.backup->gaps.back().from = v.text; }),
      required_text("backup.acknowledged_gaps[].to", rule::kLsn, "The LSN at which the archive goes on.",
                    [](C& c, const V& v) { c.backup->gaps.back().to = v.text; }),
      required_text("backup.acknowledged_gaps[].reason", rule::kParagraph, "Why it is there.",
                    [](C& c, const V& v) { c.backup->gaps.back().reason = v.text; }),
      text("backup.acknowledged_gaps[].by", rule::kLine, "Who accepted it.",
           [](C& c, const V& v) { c.backup->gaps.back().by = v.text; }),
  };
}

std::vector<Field> all_fields() {
  std::vector<Field> table;
  append(table, identity_fields());
  append(table, schema_fields());
  append(table, convention_fields());
  append(table, migration_fields());
  append(table, tenancy_fields());
  append(table, limit_fields());
  append(table, promise_fields());
  append(table, retention_fields());
  append(table, gap_fields());
  append(table, waiver_fields());
  return table;
}

}  // namespace

std::string_view Field::key() const {
  const auto dot = path.rfind('.');
  return dot == path.npos ? path : path.substr(dot + 1);
}

const std::vector<Field>& fields() {
  static const std::vector<Field> table = all_fields();
  return table;
}

std::vector<const Field*> fields_below(std::string_view path) {
  const std::string prefix = path.empty() ? std::string() : std::string(path) + ".";
  std::vector<const Field*> children;
  for (const auto& field : fields())
    if (field.path.starts_with(prefix) && field.path.find('.', prefix.size()) == field.path.npos)
      children.push_back(&field);
  return children;
}

std::string path_below(const Field& field) {
  if (field.shape == Shape::Named) return std::string(field.path) + ".*";
  if (field.shape == Shape::Records) return std::string(field.path) + "[]";
  return std::string(field.path);
}

}  // namespace pgcontract::contract
