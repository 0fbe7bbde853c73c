#include "backup/server.hpp"

#include <charconv>

namespace pgcontract::backup {
namespace {

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// pg_settings shows a role only what it may see: what is missing is NULL, not an error.
constexpr std::string_view kSettings = R"(
SELECT (SELECT system_identifier FROM pg_catalog.pg_control_system()),
       (SELECT timeline_id FROM pg_catalog.pg_control_checkpoint()),
       pg_catalog.max(setting) FILTER (WHERE name OPERATOR(pg_catalog.=) 'wal_segment_size'),
       pg_catalog.max(setting) FILTER (WHERE name OPERATOR(pg_catalog.=) 'data_checksums'),
       pg_catalog.max(setting) FILTER (WHERE name OPERATOR(pg_catalog.=) 'data_directory'),
       pg_catalog.max(setting) FILTER (WHERE name OPERATOR(pg_catalog.=) 'archive_mode'),
       pg_catalog.max(setting) FILTER (WHERE name OPERATOR(pg_catalog.=) 'archive_command'),
       pg_catalog.max(setting) FILTER (WHERE name OPERATOR(pg_catalog.=) 'archive_library'),
       pg_catalog.pg_is_in_recovery(),
       pg_catalog.max(setting) FILTER (WHERE name OPERATOR(pg_catalog.=) 'block_size')
FROM pg_catalog.pg_settings)";

constexpr std::string_view kConfigurationFiles = R"(
SELECT setting FROM pg_catalog.pg_settings
WHERE name OPERATOR(pg_catalog.=) ANY (ARRAY['config_file', 'hba_file', 'ident_file'])
  AND NOT pg_catalog.starts_with(setting, $1)
ORDER BY setting COLLATE "C")";

constexpr std::string_view kBytes =
    "SELECT pg_catalog.sum(pg_catalog.pg_tablespace_size(oid)) FROM pg_catalog.pg_tablespace";

}  // namespace

Result<ServerFacts> read_server(postgres::Connection& connection) {
  ServerFacts facts;
  facts.version = connection.server_version();
  if (facts.version < 140'000)
    return fail(ErrorCode::Unsupported, "the server is older than PostgreSQL 14", "Upgrade it: it gets no fixes.");
  PGC_TRY(const auto rows, connection.query(kSettings));
  facts.system_identifier = number(rows.at(0, 0));
  facts.timeline = static_cast<std::uint32_t>(number(rows.at(0, 1)));
  facts.segment_size = number(rows.at(0, 2));
  facts.page_checksums = rows.at(0, 3) == "on";
  facts.data_directory = rows.at(0, 4);
  facts.in_recovery = rows.at(0, 8) == "t";
  if (number(rows.at(0, 9)) != 8192)
    return fail(ErrorCode::Unsupported, "the server has pages that are not of 8192 bytes",
                "Neither wal-g nor pgcontract reads those: use pg_basebackup.");
  const bool has_command = !rows.at(0, 6).empty() && rows.at(0, 6) != "(disabled)";
  if (rows.at(0, 5) == "off")
    facts.not_archiving = "archive_mode is off";
  else if (!has_command && rows.at(0, 7).empty())
    facts.not_archiving = "archive_command is not set";
  facts.archiving = facts.not_archiving.empty();
  if (!facts.data_directory.empty()) {
    PGC_TRY(const auto outside, connection.query(kConfigurationFiles, {facts.data_directory + "/"}));
    for (int i = 0; i < outside.size(); ++i) facts.files_outside.emplace_back(outside.at(i, 0));
  }
  if (const auto bytes = connection.query(kBytes)) facts.bytes = number(bytes->at(0, 0));  // else: no right to know
  return facts;
}

}  // namespace pgcontract::backup
