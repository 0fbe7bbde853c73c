// The clauses this version does not judge yet. Each says so, and which evidence it waits for, so that none of them ever
// looks green; a clause leaves this file for one of its own when it gets a check.

#include "compare/declarations.hpp"

namespace pgcontract::compare {
namespace {

constexpr std::string_view kCredentialsPending =
    "not judged yet: needs to read the SOPS and sealed secret files and the ledger of "
    "rotations";
constexpr std::string_view kMonitoringPending = "not judged yet: needs to ask Prometheus and Grafana";
constexpr std::string_view kMaintenancePending =
    "not judged yet: needs table statistics over time, the ledger of maintenance and the "
    "change log";
constexpr std::string_view kReportingPending =
    "not judged yet: needs the reporting cluster observed together with this one";

// A clause without a check needs no facts.
Clause pending(std::string_view id, std::string_view title, std::string_view sentence, std::string_view why,
               std::string_view reason) {
  return {id, title, sentence, why, {}, nullptr, reason};
}

}  // namespace

const Clause kCredentialsEncryptedAtRest =
    pending("credentials.encrypted_at_rest", "secrets in the repository are encrypted",
            "Secrets stored in SOPS files under ops/k8s/secrets/postgres-*.yaml.",
            "A secret committed in the clear once is in every clone and every backup of them.", kCredentialsPending);
const Clause kCredentialsRecipients =
    pending("credentials.recipients", "only the people and systems named can decrypt",
            "Secrets stored in SOPS files under ops/k8s/secrets/postgres-*.yaml.",
            "A key of someone who left opens every file it is still listed in.", kCredentialsPending);
const Clause kCredentialsSealedMatches = pending(
    "credentials.sealed_matches", "the sealed secret is the one in SOPS",
    "Rotate credentials quarterly; then refresh the sealed secret.",
    "A rotation that stops half-way leaves the pods with the old password and nobody the wiser until they restart.",
    kCredentialsPending);
const Clause kCredentialsRotated =
    pending("credentials.rotated", "each password was rotated within its quarter",
            "Rotate credentials quarterly; run scripts/rotate_postgres_password.py to update the user.",
            "A leaked password is worth as long as it lives. The proof of a rotation is the new one accepted and the "
            "old one refused.",
            kCredentialsPending);
const Clause kCredentialsScramOnly =
    pending("credentials.scram_only", "passwords are kept and checked as SCRAM-SHA-256",
            "Applications receive credentials via Kubernetes Secrets managed by the platform operator (design rule: "
            "and prove them by SCRAM).",
            "An MD5 verifier is as good as the password to whoever reads it from a dump.", kCredentialsPending);
const Clause kCredentialsNoPlaintext =
    pending("credentials.no_plaintext", "no password stands in a file, a setting or a log",
            "Secrets stored in SOPS files under ops/k8s/secrets/postgres-*.yaml.",
            "Role settings and function bodies can be read by every tenant, and logs by everybody on call.",
            kCredentialsPending);

const Clause kMonitoringAlertsLoaded =
    pending("monitoring.alerts_loaded", "Prometheus has the alerts on backups loaded",
            "Monitor backup jobs with Prometheus alerts on freshness and duration.",
            "An alert in a file that no server has loaded never fires.", kMonitoringPending);
const Clause kMonitoringDashboardCurrent =
    pending("monitoring.dashboard_current", "the dashboard shown is the one in the repository",
            "Observability dashboards in Grafana (Postgres - Primary).",
            "A dashboard edited by hand is lost at the next deployment, and one that queries a renamed metric shows "
            "nothing in green.",
            kMonitoringPending);
const Clause kMonitoringExporterHealthy =
    pending("monitoring.exporter_healthy", "the exporter is scraped and reaches the server",
            "Enable pg_stat_statements and collect metrics via the observability stack.",
            "No data looks like no trouble.", kMonitoringPending);

const Clause kMaintenanceVacuumWeekly =
    pending("maintenance.vacuum_weekly", "each table was vacuumed within the week", "Vacuum/ANALYZE runs weekly.",
            "Dead rows make every scan longer and keep index-only scans from working.", kMaintenancePending);
const Clause kMaintenanceAnalyzeWeekly =
    pending("maintenance.analyze_weekly", "each table was analysed within the week", "Vacuum/ANALYZE runs weekly.",
            "A planner with last month's statistics picks last month's plan.", kMaintenancePending);
const Clause kMaintenanceAutovacuumTuned =
    pending("maintenance.autovacuum_tuned", "autovacuum keeps up with the tenants that churn most",
            "Autovacuum tuned for tenant schemas with high churn.",
            "The default waits for a fifth of a table to die; on a task queue that is a thousand times its live rows.",
            kMaintenancePending);
const Clause kMaintenanceXidHeadroom =
    pending("maintenance.xid_headroom", "transaction ids are far from running out",
            "Vacuum/ANALYZE runs weekly (design rule: and freezes in time).",
            "When they run out the server stops taking writes until somebody vacuums it by hand.", kMaintenancePending);
const Clause kMaintenanceMinorVersion =
    pending("maintenance.minor_version", "the newest minor version is in within 14 days",
            "Apply minor version patches within 14 days of release.",
            "The fix is public on the day of release, and so is the hole.", kMaintenancePending);
const Clause kMaintenanceChangeLog =
    pending("maintenance.change_log", "each upgrade has its plan in the change log",
            "Apply minor version patches within 14 days of release; capture upgrade plan in the change log.",
            "An upgrade without a written way back has none.", kMaintenancePending);

const Clause kReportingPublicationCovers =
    pending("reporting.publication_covers", "the publication covers each table that reports read",
            "Logical replication enabled for reporting workloads.",
            "A table added by a migration is not published by itself; its reports show zero.", kReportingPending);
const Clause kReportingSlotHealthy = pending(
    "reporting.slot_healthy", "the replication slot is active and keeps its WAL",
    "Logical replication enabled for reporting workloads.",
    "A slot that nobody reads keeps WAL until the disk is full; one that was cut off needs a new copy of everything.",
    kReportingPending);
const Clause kReportingLag =
    pending("reporting.lag", "reports are as fresh as promised", "Logical replication enabled for reporting workloads.",
            "Yesterday's figures under today's date are worse than none.", kReportingPending);
const Clause kReportingSchemaInStep =
    pending("reporting.schema_in_step", "the reporting cluster has the same columns",
            "Logical replication enabled for reporting workloads.",
            "Logical replication carries no DDL: a new column on one side stops the replication of its table.",
            kReportingPending);

}  // namespace pgcontract::compare
