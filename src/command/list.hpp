#pragma once
// The run functions of the commands, one file each, for the table in commands.cpp.

#include <string>
#include <string_view>

#include "command/command.hpp"

namespace pgcontract::command {

Result<Report> run_init(const Arguments& arguments);
Result<Report> run_up(const Arguments& arguments);
Result<Report> run_down(const Arguments& arguments);
Result<Report> run_psql(const Arguments& arguments);
Result<Report> run_reset(const Arguments& arguments);
Result<Report> run_status(const Arguments& arguments);
Result<Report> run_verify(const Arguments& arguments);
Result<Report> run_plan(const Arguments& arguments);
Result<Report> run_apply(const Arguments& arguments);
Result<Report> run_explain(const Arguments& arguments);
Result<Report> run_tenant_add(const Arguments& arguments);
Result<Report> run_tenant_suspend(const Arguments& arguments);
Result<Report> run_tenant_resume(const Arguments& arguments);
Result<Report> run_tenant_rename(const Arguments& arguments);

Result<Report> run_tenant_export(const Arguments& arguments);
Result<Report> run_tenant_delete(const Arguments& arguments);
Result<Report> run_tenant_list(const Arguments& arguments);
Result<Report> run_tenant_show(const Arguments& arguments);
Result<Report> run_tenant_attack(const Arguments& arguments);
Result<Report> run_tenant_prove(const Arguments& arguments);
Result<Report> run_migrate_status(const Arguments& arguments);
Result<Report> run_migrate_history(const Arguments& arguments);
Result<Report> run_migrate_heads(const Arguments& arguments);
Result<Report> run_migrate_plan(const Arguments& arguments);
Result<Report> run_migrate_up(const Arguments& arguments);
Result<Report> run_migrate_down(const Arguments& arguments);
Result<Report> run_migrate_stamp(const Arguments& arguments);
Result<Report> run_migrate_new(const Arguments& arguments);
Result<Report> run_migrate_drift(const Arguments& arguments);
Result<Report> run_migrate_lint(const Arguments& arguments);
Result<Report> run_migrate_stairway(const Arguments& arguments);
Result<Report> run_migrate_check(const Arguments& arguments);
Result<Report> run_backup_windows(const Arguments& arguments);
Result<Report> run_backup_wal_push(const Arguments& arguments);
Result<Report> run_backup_wal_fetch(const Arguments& arguments);
Result<Report> run_backup_agent(const Arguments& arguments);
Result<Report> run_store_check(const Arguments& arguments);
Result<Report> run_backup_base(const Arguments& arguments);
Result<Report> run_backup_list(const Arguments& arguments);
// The rows of the commands on backups, restores and drills.
std::vector<Command> backup_commands();
Result<Report> run_backup_show(const Arguments& arguments);
Result<Report> run_backup_fetch(const Arguments& arguments);
Result<Report> run_backup_verify(const Arguments& arguments);
Result<Report> run_backup_mark(const Arguments& arguments);
Result<Report> run_backup_logical(const Arguments& arguments);
Result<Report> run_backup_prune(const Arguments& arguments);
Result<Report> run_restore_run(const Arguments& arguments);
Result<Report> run_restore_tenant(const Arguments& arguments);
Result<Report> run_drill_run(const Arguments& arguments);

// Usage errors with the nearest spelling, for options that name clauses or areas.
Failure unknown_clause(std::string_view name);
Result<void> check_area_or_clause(std::string_view name);

}  // namespace pgcontract::command
