#include "compare/declarations.hpp"
#include "compare/server/setting_check.hpp"

namespace pgcontract::compare {
namespace {

// A provider sets this through a parameter group, so there is no statement to show.
Examined check(const Judged& judged) {
  return check_setting(judged, "wal_level", "logical",
                       judged.environment.managed ? "" : "ALTER SYSTEM SET wal_level = 'logical'");
}

}  // namespace

const Clause kServerWalLevelLogical = {
    .id = "server.wal_level_logical",
    .title = "the server writes enough WAL for logical replication",
    .sentence = "Production clusters run in PostgreSQL 14+ with logical replication enabled for reporting workloads.",
    .why =
        "Reporting reads from a logical replica. wal_level takes effect only at a restart, so a server without it "
        "cannot be given a replica when one is needed, only in the next maintenance window.",
    .needs = {Fact::Settings},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
