#include "compare/declarations.hpp"
#include "compare/server/setting_check.hpp"

namespace pgcontract::compare {
namespace {

Examined check(const Judged& judged) {
  return check_setting(
      judged, "data_checksums", "on",
      judged.environment.managed ? "" : "pg_checksums --enable, while the server is stopped (SHOW data_directory)");
}

}  // namespace

const Clause kServerChecksums = {
    .id = "server.checksums",
    .title = "the server notices when a disk changes its pages",
    .sentence = "Monthly full restores exercised in staging (design rule: what is restored must be what was written).",
    .why =
        "Without checksums a damaged page is read as data, replicated as data and backed up as data. Nothing after "
        "that, no drill and no replica, can tell.",
    .needs = {Fact::Settings},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
