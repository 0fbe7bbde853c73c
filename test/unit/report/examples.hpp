#pragma once
// Literal reports for the tests of report/: what commands hand over, from the demo to the hostile.

#include <chrono>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "model/report.hpp"

namespace pgcontract::report {

inline Date day(int year, unsigned month, unsigned number) {
  return Date{std::chrono::year{year}, std::chrono::month{month}, std::chrono::day{number}};
}

inline Scene demo_scene() {
  return {.contract_name = "stratmaster",
          .contract_file = "stratmaster/contract.yaml",
          .environment = "local",
          .target = "stratmaster at /tmp/pgcontract/stratmaster:54329",
          .server_version = "15.20",
          .at = Instant{std::chrono::sys_days{day(2026, 11, 23)} + std::chrono::milliseconds{9'294'120}},
          .duration_seconds = 0.4213,
          .tenants = 3};
}

struct ClauseRow {
  std::string_view id;
  std::string_view title;
  std::string_view reason;  // examined; where `title` is empty: why unknown
};

// The contract as the demo judges it: 31 clauses judged, 35 not.
inline std::vector<ClauseRow> contract_rows() {
  constexpr std::string_view kPending = "not judged by this version";
  std::vector<ClauseRow> rows = {
      {"contract.waivers", "every waiver names a clause, an object and a day that has not passed", "1 waiver"},
      {"contract.ledger", "the ledger of what was done and proved is there", "version 1"},
      {"server.version", "the server is PostgreSQL 14 or newer and still gets fixes", "PostgreSQL 15.20"},
      {"server.security_minor", "the server has the security fixes that tenants could live off",
       "PostgreSQL 15.20 against the 31 security fixes known by 2026-11-13"},
      {"server.wal_level_logical", "the server writes enough WAL for logical replication", "wal_level = logical"},
      {"server.checksums", "the server notices when a disk changes its pages", "data_checksums = on"},
      {"schema.application", "the application has its schema", "schema stratmaster_api"},
      {"schema.demo", "demo content has its schema, where the contract wants it", "schema stratmaster_demo"},
      {"schema.telemetry", "telemetry has its schema, or on managed services its database",
       "schema stratmaster_telemetry"},
      {"schema.domain_prefix", "each table's name starts with its domain", "21 tables"},
      {"schema.reference_data", "lookups live in the application schema only", "4 reference tables"},
      {"schema.temporal_type", "every time of day is kept as an instant", "44 temporal columns"},
      {"schema.temporal_default", "every instant defaults to the start of its transaction", "44 columns"},
      {"schema.nothing_in_public", "schema public is empty", "relations and functions; types are not observed"},
      {"schema.primary_key", "every table has a primary key", "21 tables"},
      {"schema.owner", "one role that cannot log in owns every object", "61 objects"},
      {"migrations.alembic_readable", "every revision can be read without running it", "9 revisions"},
      {"migrations.single_head", "each branch of the migrations has one head", "2 branches"},
      {"migrations.at_head", "the application schema is at the newest revision", "revision 7d1c"},
      {"migrations.tenants_in_step", "every tenant schema is at the newest revision", "3 tenants"},
  };
  for (const auto id : {"reversible", "idempotent", "no_drift", "lock_safe", "unedited_after_release"})
    rows.push_back({id, {}, kPending});
  rows.insert(
      rows.end(),
      {
          {"tenancy.schema_per_tenant", "every tenant has a schema of its own, and every such schema a tenant",
           "3 registered tenants"},
          {"tenancy.role_per_tenant", "every tenant has a role of its own that can do nothing but its tenant's work",
           "3 registered tenants"},
          {"tenancy.login_reaches_one_tenant", "no login can act for a tenant but the tenant's own role",
           "5 login roles"},
          {"tenancy.rls_enabled", "row-level security is on for every table that tenants share", "12 shared tables"},
          {"tenancy.rls_forced", "row-level security binds table owners too", "12 shared tables"},
          {"tenancy.rls_bound_to_role", "a restrictive policy ties each row to the role", "12 shared tables"},
          {"tenancy.guard_function", "a SECURITY DEFINER function refuses foreign tenants", "1 function"},
          {"tenancy.definer_functions_pinned",
           "every SECURITY DEFINER function has a pinned search_path and is not for everybody to call",
           "4 SECURITY DEFINER functions"},
          {"tenancy.no_create_no_temp",
           "tenants can create nothing, not even temporary tables, and only they may connect",
           "database stratmaster and 8 schemas"},
          {"tenancy.grants", "tenants hold what the design grants, and nothing else", "96 grants"},
          {"monitoring.pg_stat_statements", "the server counts what each statement costs", "1 extension"},
      });
  const auto pend = [&](std::initializer_list<std::string_view> ids) {
    for (const auto id : ids) rows.push_back({id, {}, kPending});
  };
  pend({"tenancy.no_cross_reach", "tenancy.attacks_refused", "tenancy.limits"});
  pend({"credentials.encrypted_at_rest", "credentials.recipients", "credentials.sealed_matches", "credentials.rotated",
        "credentials.scram_only", "credentials.no_plaintext"});
  pend({"backup.logical_fresh", "backup.base_fresh", "backup.wal_archiving", "backup.wal_gap_free",
        "backup.restorable_window", "backup.drill_fresh", "backup.runbook_current", "backup.retention"});
  pend({"monitoring.alerts_loaded", "monitoring.dashboard_current", "monitoring.exporter_healthy"});
  pend({"maintenance.vacuum_weekly", "maintenance.analyze_weekly", "maintenance.autovacuum_tuned",
        "maintenance.xid_headroom", "maintenance.minor_version", "maintenance.change_log"});
  pend({"reporting.publication_covers", "reporting.slot_healthy", "reporting.lag", "reporting.schema_in_step"});
  return rows;
}

inline ClauseResult clause_of(const ClauseRow& row) {
  ClauseResult clause;
  clause.clause = row.id;
  if (clause.clause.find('.') == std::string::npos) clause.clause = "migrations." + clause.clause;
  clause.title = row.title.empty() ? "a promise that a later version judges" : row.title;
  clause.verdict = row.title.empty() ? Verdict::Unknown : Verdict::Holds;
  clause.reason = row.reason;
  return clause;
}

inline ClauseResult& find_clause(Report& report, std::string_view id) {
  for (auto& clause : report.verdicts->clauses)
    if (clause.clause == id) return clause;
  throw std::invalid_argument(std::string(id));
}

inline Finding finding_of(std::string_view clause, Subject subject, std::string message) {
  Finding finding;
  finding.clause = clause;
  finding.subject = std::move(subject);
  finding.message = std::move(message);
  return finding;
}

// `verify` of the demo: all that is judged holds, one clause by a waiver.
inline Report holding_report() {
  Report report;
  report.command = "verify";
  report.scene = demo_scene();
  report.verdicts.emplace();
  for (const auto& row : contract_rows()) report.verdicts->clauses.push_back(clause_of(row));
  auto& prefix = find_clause(report, "schema.domain_prefix");
  prefix.verdict = Verdict::Waived;
  Finding& waived =
      prefix.findings.emplace_back(finding_of("schema.domain_prefix", {"table", "stratmaster_api", "reports", ""},
                                              "does not start with research_, agents_ or knowledge_"));
  waived.waived.push_back({"named by the contract's own policy example", "data platform", day(2027, 6, 30)});
  report.next = {"pgcontract explain CLAUSE"};
  return report;
}

// Two clauses broken, one by a thousand columns.
inline Report broken_report() {
  Report report = holding_report();
  auto& temporal = find_clause(report, "schema.temporal_type");
  temporal.verdict = Verdict::Broken;
  for (int number = 1; number <= 1000; ++number) {
    temporal.findings.push_back(
        finding_of(temporal.clause, {"column", "stratmaster_api", "research_run", "seen_" + std::to_string(number)},
                   "has type timestamp without time zone, the contract asks for timestamptz"));
    temporal.findings.back().consider = "ALTER TABLE stratmaster_api.research_run\n  ALTER COLUMN seen_" +
                                        std::to_string(number) + " TYPE timestamptz USING NULL";
  }
  auto& head = find_clause(report, "migrations.single_head");
  head.verdict = Verdict::Broken;
  head.findings.push_back(
      finding_of(head.clause, {"revision", "", "9f3e21aa", ""},
                 "is a second head of the application's branch, beside 7d1c55b0; Alembic refuses to "
                 "upgrade to \"head\" while there are two"));
  head.findings.back().where = "packages/api/migrations/versions/9f3e_add reports.py:14";
  head.findings.back().tags = {"second_head"};
  report.next = {"pgcontract plan", "pgcontract explain schema.temporal_type"};
  return report;
}

inline Step step_of(int number, std::string object, std::string reason, std::vector<std::string> statements) {
  Step step;
  step.number = number;
  step.clause = "schema.application";
  step.object = std::move(object);
  step.reason = std::move(reason);
  step.statements = std::move(statements);
  step.lock = "none";
  step.undo = "DROP it again";
  return step;
}

// `plan` of a cluster that has nothing yet.
inline Report plan_report() {
  Report report;
  report.command = "plan";
  report.scene = demo_scene();
  report.scene.tenants = 0;
  auto& plan = report.plan.emplace();
  plan.steps.push_back(step_of(1, "role pgc_owner", "the contract gives every object one owner that cannot log in",
                               {"CREATE ROLE pgc_owner NOLOGIN NOINHERIT"}));
  plan.steps.back().clause = "schema.owner";
  plan.steps.back().undo = "DROP OWNED BY pgc_owner;\nDROP ROLE pgc_owner;";
  plan.steps.back().needed_if = "SELECT NOT EXISTS (\n  SELECT FROM pg_catalog.pg_roles WHERE rolname = 'pgc_owner')";
  plan.steps.push_back(
      step_of(2, "function pgcontract.current_tenant()", "policies ask it which tenant the session's role may see",
              {"CREATE FUNCTION pgcontract.current_tenant() RETURNS uuid LANGUAGE sql STABLE SECURITY DEFINER\n"
               "  SET search_path = pg_catalog, pg_temp\nAS $$\n\tSELECT id FROM pgcontract.tenant WHERE role = "
               "session_user\n$$",
               "REVOKE ALL ON FUNCTION pgcontract.current_tenant() FROM PUBLIC"}));
  plan.steps.push_back(step_of(3, "table stratmaster_api.reports", "row-level security binds table owners too",
                               {"ALTER TABLE stratmaster_api.reports FORCE ROW LEVEL SECURITY"}));
  plan.steps.back().lock = "ACCESS EXCLUSIVE on stratmaster_api.reports";
  plan.steps.back().risk = Risk::Lock;
  plan.steps.push_back(step_of(4, "database stratmaster_telemetry", "telemetry has a database of its own",
                               {"CREATE DATABASE stratmaster_telemetry"}));
  plan.steps.back().transactional = false;
  plan.steps.push_back(
      step_of(5, "migrations of stratmaster_api", "the application schema is at the newest revision", {}));
  plan.steps.back().program =
      Program{{"alembic", "-c", "packages/api/alembic dev.ini", "upgrade", "head"}, "pgc_owner", "stratmaster_api"};
  plan.steps.back().tenant = *Uuid::parse("4f7c2a30-0000-4000-8000-000000000001");
  plan.steps.back().risk = Risk::Data;
  plan.manual.push_back({"schema.temporal_type", "stratmaster_api.reports.created_at",
                         "has type timestamp without time zone, the contract asks for timestamptz",
                         "ALTER TABLE stratmaster_api.reports ALTER COLUMN created_at TYPE timestamptz"});
  plan.continues = "The policies of the tables that the migrations create follow: run plan again after apply.";
  report.next = {"pgcontract apply"};
  return report;
}

// `apply` to 26 tenants: one is locked out, the last steps did not run.
inline Report application_report() {
  Report report;
  report.command = "apply";
  report.scene = demo_scene();
  report.scene.tenants = 26;
  auto& application = report.application.emplace();
  application.job = *Uuid::parse("0d9c1111-2222-4333-8444-555566667777");
  const auto add = [&](std::string object, StepState state, double seconds) -> Outcome& {
    Outcome outcome;
    outcome.step = step_of(static_cast<int>(application.outcomes.size()) + 1, std::move(object), "why", {"SELECT 1"});
    outcome.state = state;
    outcome.attempts = state == StepState::Done || state == StepState::Failed ? 1 : 0;
    outcome.duration_seconds = seconds;
    return application.outcomes.emplace_back(std::move(outcome));
  };
  add("role pgc_owner", StepState::Done, 0.0042);
  add("schema stratmaster_api", StepState::Unneeded, 0);
  for (int tenant = 1; tenant <= 26; ++tenant) {
    auto& outcome = add("schema of tenant " + std::to_string(tenant), StepState::Done, 0.5);
    outcome.step.tenant = Uuid::random();
    if (tenant != 7) continue;
    outcome.step.tenant = *Uuid::parse("4f7c2a30-0000-4000-8000-000000000007");
    outcome.state = StepState::Failed;
    outcome.attempts = 5;
    outcome.error = Error{ErrorCode::LockTimeout,
                          "canceling statement due to lock timeout\nCONTEXT:  while locking stratmaster_api.reports",
                          "Somebody holds a lock on the table: see `pgcontract status`, then apply again.",
                          "stratmaster_api.reports",
                          "55P03",
                          {"step 9", "tenant 4f7c2a30-0000-4000-8000-000000000007"}};
  }
  // The id of a tenant that went well shows nowhere in the text; JSON shows it, so it must be the same each time.
  for (auto& outcome : application.outcomes)
    if (outcome.step.tenant && outcome.state == StepState::Done)
      outcome.step.tenant = *Uuid::parse("4f7c2a30-0000-4000-8000-0000000000ff");
  add("publication reporting", StepState::NotRun, 0);
  report.notes = {"Nothing is half done: each step is one transaction, and `apply` goes on where it stopped."};
  report.next = {"pgcontract apply"};
  return report;
}

inline Report error_report() {
  Report report;
  report.command = "verify";
  report.error = Error{ErrorCode::InvalidInput,
                       "unknown key \"enviroments\"",
                       "Did you mean \"environments\"?",
                       "contract.yaml:3:1",
                       "",
                       {}};
  return report;
}

inline Report table_report() {
  Report report;
  report.command = "tenant list";
  report.scene = demo_scene();
  report.tables.push_back({"tenants",
                           {{"id", "ID"}, {"display_name", "NAME"}, {"created_at", "CREATED"}},
                           {{"4f7c2a30", "Zürich e\u0301cole", "2026-11-01T00:00:00.000Z"},
                            {"5a000000", "東京支社", std::nullopt},
                            {"6b000000", "a|b", "2026-11-02T00:00:00.000Z"}}});
  report.tables.push_back({"jobs", {{"id", "ID"}}, {}});
  return report;
}

inline Report attack_report() {
  Report report;
  report.command = "tenant attack";
  report.scene = demo_scene();
  report.scene.tenants = -1;
  auto& run = report.attacks.emplace();
  run.corpus_sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
  run.server_version = "15.20";
  run.profile = "standard";
  run.with = "change.sql";
  run.outcomes = {
      {"ID01", "RESET ROLE, then SET ROLE to another tenant", "identity", "tenancy.login_reaches_one_tenant",
       AttackResult::Refused, "42501", "permission denied to set role \"app_tenant_1\"", "refused"},
      {"RLS01", "SET app.tenant_id to the other tenant", "rows", "tenancy.rls_bound_to_role", AttackResult::Succeeded,
       "", "B-REPORT|\x1b[2J`x`", "refused"},
      {"META01", "The other tenants' schemas, by name", "metadata", "", AttackResult::Residual, "", "NS=tenant_1",
       "accepted: every session may read pg_namespace; limited by: names hold only ids"},
      {"RLS24", "A second PERMISSIVE policy", "rows", "tenancy.rls_bound_to_role", AttackResult::NotJudged, "",
       "policy \"attack_second\" already exists", "refused"}};
  report.notes = {"change.sql was tried in the copy only; nothing is recorded"};
  report.next = {"pgcontract explain tenancy.rls_bound_to_role"};
  return report;
}

inline Report drift_report() {
  Report report;
  report.command = "migrate drift";
  report.scene = demo_scene();
  auto& drift = report.drift.emplace();
  const std::string forged = "x\n✔ no drift\x1b[2J";
  drift.sets.push_back({"tenants at b9a4b82a4071", {"b9a4b82a4071"}, "tenant_11", std::string(64, 'a'), 7, {}});
  drift.sets.back().groups.push_back(
      {{"tenant_22", "tenant_33", "tenant_44", "tenant_55", "tenant_66", "tenant_" + forged},
       std::string(64, 'b'),
       {{"column", "notes.title", "not null", "yes", std::nullopt, {"ALTER TABLE tenant_22.notes …"}, {}},
        {"index", "ix_" + forged, "", std::nullopt, "present", {"DROP INDEX tenant_22.ix"}, {}},
        {"table", "extra", "", std::nullopt, "present", {}, "dropping it would lose its rows"}}});
  drift.sets.push_back({"tenants at base", {}, "tenant_77", std::string(64, 'c'), 2, {}});
  drift.uncompared = {"tenant_99: no other tenant is at 843e1cde6d8c"};
  report.next = {"pgcontract migrate drift --against database"};
  return report;
}

// Names a tenant might choose to fool a terminal, a CI system or a reader.
inline Report hostile_report() {
  const std::string escape = "\x1b]0;owned\x07\x1b[2J";
  const std::string bytes =
      "\xff\xc3(\xed\xa0\x80\xc2\x9b"
      "31m\x9b"
      "1A\x7f\xef\xbf\xbe";
  const std::string markup = "<script>&\"']]>--></testcase>|`` [x](javascript:1) @team";
  const std::string order = "\u202egnp.exe\u2028";
  const std::string forged = "x\n✔ tenancy.rls_forced  all is well\r\nthe contract holds";
  Report report;
  report.command = "verify";
  report.scene = demo_scene();
  report.scene.target = "db" + escape;
  auto& clauses = report.verdicts.emplace().clauses;
  auto& clause = clauses.emplace_back();
  clause.clause = "schema.owner";
  clause.title = "one role owns every object";
  clause.verdict = Verdict::Broken;
  for (const auto& name : {escape, bytes, markup, order, forged}) {
    clause.findings.push_back(finding_of(clause.clause, {"table", "s", name, ""}, "is owned by " + name));
    clause.findings.back().consider = "ALTER TABLE \"" + name + "\" OWNER TO pgc_owner";
  }
  clauses.push_back({"schema.application", "t", Verdict::Unknown, "permission denied for " + markup + escape, {}});
  auto& plan = report.plan.emplace();
  plan.steps.push_back(step_of(1, "table " + forged, "because " + escape, {"SELECT '" + forged + escape + "'"}));
  plan.steps.back().program = Program{{"alembic", "it's " + escape}, "", ""};
  auto& outcome = report.application.emplace().outcomes.emplace_back();
  outcome.step = plan.steps.back();
  outcome.state = StepState::Failed;
  outcome.error =
      Error{ErrorCode::Server,  "relation \"" + bytes + "\" " + forged, "Look at " + escape, markup, "42P01",
            {"tenant " + order}};
  report.tables.push_back({"tenants", {{"name", "NAME"}}, {{escape}, {bytes}, {markup}, {order}, {forged}}});
  report.notes = {escape + bytes + forged};
  report.next = {"pgcontract explain " + forged};
  report.error = outcome.error;
  return report;
}

struct Example {
  std::string_view name;
  Report (*make)();
};
// GoogleTest would print the bytes of pointers, which change from run to run, into the test's name.
inline void PrintTo(const Example& example, std::ostream* out) { *out << example.name; }

inline constexpr Example kExamples[] = {
    {"holds", holding_report},     {"broken", broken_report}, {"plan", plan_report},
    {"apply", application_report}, {"error", error_report},   {"table", table_report},
    {"hostile", hostile_report},   {"attack", attack_report}, {"drift", drift_report}};

}  // namespace pgcontract::report
