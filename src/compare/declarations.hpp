#pragma once
// The names of all clauses, so that clauses.cpp can put them in one table: each is defined in <area>/<clause>.cpp,
// those not judged yet in pending.cpp. Constants that live as long as the program. They are built before main(), so
// only compare::clauses() may copy them, and nothing may call that from a static initialiser. Any thread.

#include "model/clause.hpp"

namespace pgcontract::compare {

extern const Clause kContractWaivers;
extern const Clause kContractLedger;

extern const Clause kServerVersion;
extern const Clause kServerSecurityMinor;
extern const Clause kServerWalLevelLogical;
extern const Clause kServerChecksums;

extern const Clause kSchemaApplication;
extern const Clause kSchemaDemo;
extern const Clause kSchemaTelemetry;
extern const Clause kSchemaDomainPrefix;
extern const Clause kSchemaReferenceData;
extern const Clause kSchemaTemporalType;
extern const Clause kSchemaTemporalDefault;
extern const Clause kSchemaNothingInPublic;
extern const Clause kSchemaPrimaryKey;
extern const Clause kSchemaOwner;

extern const Clause kMigrationsAlembicReadable;
extern const Clause kMigrationsSingleHead;
extern const Clause kMigrationsAtHead;
extern const Clause kMigrationsTenantsInStep;
extern const Clause kMigrationsReversible;
extern const Clause kMigrationsIdempotent;
extern const Clause kMigrationsNoDrift;
extern const Clause kMigrationsModelsMatch;
extern const Clause kMigrationsLockSafe;
extern const Clause kMigrationsUneditedAfterRelease;

extern const Clause kTenancyDesignRoles;
extern const Clause kTenancySchemaPerTenant;
extern const Clause kTenancyRolePerTenant;
extern const Clause kTenancyDeletedStayDeleted;
extern const Clause kTenancyLoginReachesOneTenant;
extern const Clause kTenancyRlsEnabled;
extern const Clause kTenancyRlsForced;
extern const Clause kTenancyRlsBoundToRole;
extern const Clause kTenancyKeysLeadWithTenant;
extern const Clause kTenancyGuardFunction;
extern const Clause kTenancyGrants;
extern const Clause kTenancyDefinerFunctionsPinned;
extern const Clause kTenancyNoCreateNoTemp;
extern const Clause kTenancyNoCrossReach;
extern const Clause kTenancyAttacksRefused;
extern const Clause kTenancyLimits;
extern const Clause kTenancyStrictCatalog;

extern const Clause kCredentialsEncryptedAtRest;
extern const Clause kCredentialsRecipients;
extern const Clause kCredentialsSealedMatches;
extern const Clause kCredentialsRotated;
extern const Clause kCredentialsScramOnly;
extern const Clause kCredentialsNoPlaintext;

extern const Clause kBackupLogicalFresh;
extern const Clause kBackupBaseFresh;
extern const Clause kBackupWalArchiving;
extern const Clause kBackupWalGapFree;
extern const Clause kBackupRestorableWindow;
extern const Clause kBackupDrillFresh;
extern const Clause kBackupRunbookCurrent;
extern const Clause kBackupRetention;

extern const Clause kMonitoringPgStatStatements;
extern const Clause kMonitoringAlertsLoaded;
extern const Clause kMonitoringDashboardCurrent;
extern const Clause kMonitoringExporterHealthy;

extern const Clause kMaintenanceVacuumWeekly;
extern const Clause kMaintenanceAnalyzeWeekly;
extern const Clause kMaintenanceAutovacuumTuned;
extern const Clause kMaintenanceXidHeadroom;
extern const Clause kMaintenanceMinorVersion;
extern const Clause kMaintenanceChangeLog;

extern const Clause kReportingPublicationCovers;
extern const Clause kReportingSlotHealthy;
extern const Clause kReportingLag;
extern const Clause kReportingSchemaInStep;

}  // namespace pgcontract::compare
