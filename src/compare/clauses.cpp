// The one table of clauses, in the order of the contract. A new clause is one file and one row here.

#include "compare/compare.hpp"
#include "compare/declarations.hpp"

namespace pgcontract::compare {

std::span<const Clause> clauses() {
  // Built at the first call, after main() has begun: the constants it copies are built before.
  static const std::vector<Clause> table = {
      kContractWaivers,
      kContractLedger,

      kServerVersion,
      kServerSecurityMinor,
      kServerWalLevelLogical,
      kServerChecksums,

      kSchemaApplication,
      kSchemaDemo,
      kSchemaTelemetry,
      kSchemaDomainPrefix,
      kSchemaReferenceData,
      kSchemaTemporalType,
      kSchemaTemporalDefault,
      kSchemaNothingInPublic,
      kSchemaPrimaryKey,
      kSchemaOwner,

      kMigrationsAlembicReadable,
      kMigrationsSingleHead,
      kMigrationsAtHead,
      kMigrationsTenantsInStep,
      kMigrationsReversible,
      kMigrationsIdempotent,
      kMigrationsNoDrift,
      kMigrationsModelsMatch,
      kMigrationsLockSafe,
      kMigrationsUneditedAfterRelease,

      kTenancyDesignRoles,
      kTenancySchemaPerTenant,
      kTenancyRolePerTenant,
      kTenancyDeletedStayDeleted,
      kTenancyLoginReachesOneTenant,
      kTenancyRlsEnabled,
      kTenancyRlsForced,
      kTenancyRlsBoundToRole,
      kTenancyKeysLeadWithTenant,
      kTenancyGuardFunction,
      kTenancyGrants,
      kTenancyDefinerFunctionsPinned,
      kTenancyNoCreateNoTemp,
      kTenancyNoCrossReach,
      kTenancyAttacksRefused,
      kTenancyLimits,
      kTenancyStrictCatalog,

      kCredentialsEncryptedAtRest,
      kCredentialsRecipients,
      kCredentialsSealedMatches,
      kCredentialsRotated,
      kCredentialsScramOnly,
      kCredentialsNoPlaintext,

      kBackupLogicalFresh,
      kBackupBaseFresh,
      kBackupWalArchiving,
      kBackupWalGapFree,
      kBackupRestorableWindow,
      kBackupDrillFresh,
      kBackupRunbookCurrent,
      kBackupRetention,

      kMonitoringPgStatStatements,
      kMonitoringAlertsLoaded,
      kMonitoringDashboardCurrent,
      kMonitoringExporterHealthy,

      kMaintenanceVacuumWeekly,
      kMaintenanceAnalyzeWeekly,
      kMaintenanceAutovacuumTuned,
      kMaintenanceXidHeadroom,
      kMaintenanceMinorVersion,
      kMaintenanceChangeLog,

      kReportingPublicationCovers,
      kReportingSlotHealthy,
      kReportingLag,
      kReportingSchemaInStep,

  };
  return table;
}

}  // namespace pgcontract::compare
