#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <tuple>

#include "contract/load.hpp"
#include "yaml/document.hpp"

namespace pgcontract::contract {
namespace {

const std::filesystem::path kFixtures = PGCONTRACT_SOURCE_DIR "/test/unit/contract/fixtures";

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

// "file:line:column: message" and the hint below it, for each problem.
std::string problems_of(const std::string& text) {
  const auto contract = parse_contract(text, "contract.yaml", "/srv");
  if (contract) return "accepted\n";
  std::string all;
  for (const auto& error : contract.error()) all += fmt::format("{}\n    {}\n", error.describe(), error.hint);
  return all;
}

Contract accept(const std::string& text) {
  auto contract = parse_contract(text, "contract.yaml", "/srv");
  EXPECT_TRUE(contract) << problems_of(text);
  return contract ? std::move(*contract) : Contract{};
}

const std::string kSmallest =
    "contract: 1\nname: shop\nenvironments: { local: { dsn: embedded } }\nschemas: { application: { name: shop_api } "
    "}\n";

// A wrong contract and, beside it, what is said about it. PGC_ACCEPT=1 writes the latter anew: read the diff.
class WrongContract : public testing::TestWithParam<std::string> {};

TEST_P(WrongContract, IsReportedWithPlaceAndNextStep) {
  const auto yaml = kFixtures / "wrong" / (GetParam() + ".yaml");
  const auto expected = kFixtures / "wrong" / (GetParam() + ".expected");
  const std::string problems = problems_of(read(yaml));
  if (std::getenv("PGC_ACCEPT") != nullptr) std::ofstream(expected, std::ios::binary) << problems;
  EXPECT_EQ(problems, read(expected));
  EXPECT_EQ(problems.find("hunter2"), std::string::npos) << "a secret of the file is in a message";
}

std::vector<std::string> wrong_contracts() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFixtures / "wrong"))
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  return names;
}

INSTANTIATE_TEST_SUITE_P(Fixtures, WrongContract, testing::ValuesIn(wrong_contracts()),
                         [](const auto& fixture) { return fixture.param; });

TEST(ParseContract, RefusesBytesThatAreNotText) {
  EXPECT_EQ(problems_of(std::string("contract: 1\nname: sh\0p\n", 23)).substr(0, 51),
            "contract.yaml:2:9: the file contains a NUL byte\n   ");
  EXPECT_EQ(problems_of("contract: 1\nname: Gr\xfc\xdf"
                        "e\n"),
            "contract.yaml:2:9: the file is not valid UTF-8\n    Save the file as UTF-8 text.\n");
}

TEST(ParseContract, RefusesALargeFile) {
  EXPECT_EQ(problems_of(kSmallest + "# " + std::string(yaml::kMaxBytes, 'x')),
            "contract.yaml: the file is larger than 1048576 bytes\n    Is this the right file?\n");
}

TEST(ParseContract, GivesDefaultsThatAgreeWithTheModel) {
  const Contract contract = accept(kSmallest + "migrations: { config: a.ini }\ntenancy: {}\n");
  const Contract model;
  EXPECT_EQ(contract.schemas.extensions, model.schemas.extensions);
  EXPECT_EQ(contract.conventions.table_prefixes, model.conventions.table_prefixes);
  EXPECT_EQ(contract.conventions.reference_prefix, model.conventions.reference_prefix);
  EXPECT_EQ(contract.conventions.temporal_type, model.conventions.temporal_type);
  EXPECT_EQ(contract.conventions.temporal_default, model.conventions.temporal_default);
  const Migrations migrations;
  EXPECT_EQ(contract.migrations->command, migrations.command);
  EXPECT_EQ(contract.migrations->application_section, migrations.application_section);
  EXPECT_EQ(contract.migrations->tenant_section, migrations.tenant_section);
  EXPECT_EQ(contract.migrations->version_table, migrations.version_table);
  EXPECT_EQ(contract.migrations->url_variable, migrations.url_variable);
  const Tenancy tenancy;
  EXPECT_EQ(contract.tenancy->schema_pattern, tenancy.schema_pattern);
  EXPECT_EQ(contract.tenancy->role_pattern, tenancy.role_pattern);
  EXPECT_EQ(contract.tenancy->setting, tenancy.setting);
  EXPECT_EQ(contract.tenancy->shared_column, tenancy.shared_column);
  EXPECT_EQ(contract.tenancy->roles.owner, tenancy.roles.owner);
  EXPECT_EQ(contract.tenancy->roles.definer, tenancy.roles.definer);
  EXPECT_EQ(contract.tenancy->roles.tenant_group, tenancy.roles.tenant_group);
  EXPECT_EQ(contract.tenancy->roles.migrator, tenancy.roles.migrator);
  EXPECT_EQ(contract.tenancy->limits.connections, tenancy.limits.connections);
  EXPECT_EQ(contract.tenancy->limits.statement_timeout, tenancy.limits.statement_timeout);
  EXPECT_EQ(contract.tenancy->limits.lock_timeout, tenancy.limits.lock_timeout);
  EXPECT_EQ(contract.tenancy->limits.transaction_timeout, tenancy.limits.transaction_timeout);
  EXPECT_EQ(contract.tenancy->limits.idle_in_transaction_session_timeout,
            tenancy.limits.idle_in_transaction_session_timeout);
  EXPECT_EQ(contract.tenancy->limits.idle_session_timeout, tenancy.limits.idle_session_timeout);
  EXPECT_EQ(contract.tenancy->limits.temp_file_limit, tenancy.limits.temp_file_limit);
  EXPECT_EQ(contract.tenancy->profile, tenancy.profile);
  EXPECT_EQ(contract.environments[0].database, "shop");
}

TEST(ParseContract, LeavesOutWhatIsNotWritten) {
  const Contract contract = accept(kSmallest);
  EXPECT_FALSE(contract.migrations || contract.tenancy || contract.schemas.demo || contract.schemas.telemetry);
  EXPECT_FALSE(contract.backup || contract.credentials || contract.maintenance);
  EXPECT_TRUE(contract.waivers.empty());
}

TEST(ParseContract, ReadsEveryKey) {
  const Contract contract = accept(read(kFixtures / "every_key.yaml"));
  EXPECT_EQ(contract.name, "shop");
  EXPECT_EQ(contract.directory, "/srv");
  ASSERT_EQ(contract.environments.size(), 3u);
  const auto& [local, staging, production] =
      std::tie(contract.environments[0], contract.environments[1], contract.environments[2]);
  EXPECT_EQ(local.source, Environment::Source::Embedded);
  EXPECT_EQ(local.database, "shop_local");
  EXPECT_EQ(staging.source, Environment::Source::Variable);
  EXPECT_EQ(staging.variable_or_path, "STAGING_URL");
  EXPECT_EQ(staging.database, "");
  EXPECT_EQ(production.source, Environment::Source::File);
  EXPECT_EQ(production.variable_or_path, "/run/secrets/dsn");
  EXPECT_TRUE(production.managed && production.production);
  EXPECT_FALSE(staging.managed || staging.production);
  EXPECT_EQ(production.mark.line, 6);
  EXPECT_EQ(production.mark.column, 3);

  EXPECT_EQ(contract.schemas.application.name, "Shop \"API\" für alle");
  EXPECT_EQ(contract.schemas.demo->seed, "seeds/demo.py");
  EXPECT_EQ(contract.schemas.demo->environments, (std::vector<std::string>{"local", "staging"}));
  EXPECT_EQ(contract.schemas.telemetry->separate_database_when, TelemetrySchema::SeparateDatabase::Always);
  EXPECT_EQ(contract.schemas.extensions, "ext");
  EXPECT_EQ(contract.conventions.table_prefixes, (std::vector<std::string>{"sales_", "stock_"}));
  EXPECT_EQ(contract.conventions.reference_prefix, "lookup_");
  EXPECT_EQ(contract.conventions.temporal_type, "timestamp");
  EXPECT_EQ(contract.conventions.temporal_default, "clock_timestamp()");
  EXPECT_EQ(contract.migrations->config, "db/alembic.ini");
  EXPECT_EQ(contract.migrations->command, "venv/bin/alembic");
  EXPECT_EQ(contract.migrations->application_section, "app");
  EXPECT_EQ(contract.migrations->tenant_section, "");
  EXPECT_EQ(contract.migrations->version_table, "version");
  EXPECT_EQ(contract.migrations->url_variable, "DB");
  EXPECT_EQ(contract.tenancy->schema_pattern, "t_{id}");
  EXPECT_EQ(contract.tenancy->role_pattern, "Rolle {id}");
  EXPECT_EQ(contract.tenancy->setting, "shop.tenant");
  EXPECT_EQ(contract.tenancy->shared_column, "owner_id");
  EXPECT_EQ(contract.tenancy->roles.owner, "o");
  EXPECT_EQ(contract.tenancy->roles.definer, "d");
  EXPECT_EQ(contract.tenancy->roles.tenant_group, "g");
  EXPECT_EQ(contract.tenancy->roles.migrator, "m");
  const TenancyLimits& limits = contract.tenancy->limits;
  EXPECT_EQ(limits.connections, 5);
  EXPECT_EQ(limits.statement_timeout, "1500ms");
  EXPECT_EQ(limits.lock_timeout, "3s");
  EXPECT_EQ(limits.transaction_timeout, "1h");
  EXPECT_EQ(limits.idle_in_transaction_session_timeout, "");
  EXPECT_EQ(limits.idle_session_timeout, "2d");
  EXPECT_EQ(limits.temp_file_limit, "200MB");
  EXPECT_EQ(contract.tenancy->profile, TenancyProfile::Strict);
  EXPECT_EQ(contract.tenancy->catalog_readers, std::vector<std::string>{"backup"});
  EXPECT_EQ(contract.backup->written,
            "store: file:///var/backups  # on the NAS\nlogical: nightly\nwal: none\ndrill: weekly\nrunbook: r.md");
  EXPECT_EQ(*contract.credentials, "{ sops: s/*.yaml, sealed: sealed, rotate: yearly }");
  EXPECT_EQ(*contract.maintenance, "{ vacuum: daily, minor_versions_within: 2 weeks }");
  ASSERT_EQ(contract.waivers.size(), 2u);
  EXPECT_EQ(contract.waivers[0].clause, "schema.primary_key");
  EXPECT_EQ(contract.waivers[0].object, "*");
  EXPECT_EQ(contract.waivers[0].reason, "old tables\nare mended in spring\n");
  EXPECT_EQ(format_date(contract.waivers[0].until), "2027-06-30");
  EXPECT_EQ(contract.waivers[0].mark.line, 54);
  EXPECT_EQ(contract.waivers[1].object, "api.reports");
  EXPECT_EQ(contract.waivers[1].by, "Ada");
}

TEST(ParseContract, KnowsTheFileByItsDigest) {
  // printf '%s' "$text" | sha256sum
  EXPECT_EQ(accept(kSmallest).sha256, "d1af5a3a63994a319dc0dd0f2776a8d369cff9f060efebca0bec2c711399becf");
  EXPECT_NE(accept(kSmallest + "\n").sha256, accept(kSmallest).sha256);
}

TEST(ParseContract, NamesOf63BytesFitAndOneMoreDoesNot) {
  const auto with = [](const std::string& role) {
    return kSmallest + "tenancy: { roles: { owner: '" + role + "' } }\n";
  };
  EXPECT_EQ(accept(with(std::string(63, 'x'))).tenancy->roles.owner.size(), 63u);
  EXPECT_NE(problems_of(with(std::string(64, 'x'))).find("would be 64 bytes long"), std::string::npos);
  const auto pattern = [](const std::string& prefix) { return kSmallest + "tenancy:\n  role: " + prefix + "{id}\n"; };
  EXPECT_EQ(accept(pattern(std::string(31, 'x'))).tenancy->role_of(Uuid{}).size(), 63u);
  EXPECT_NE(problems_of(pattern(std::string(32, 'x'))).find("would be 64 bytes long"), std::string::npos);
}

TEST(ParseContract, AProblemInAnAliasedValueIsReportedWhereItIsWritten) {
  const std::string text =
      "contract: 1\nname: shop\nschemas: { application: { name: a } }\n"
      "environments:\n  a: &remote { dsn_from: env:DB, managed: MAYBE }\n  b: *remote\n";
  EXPECT_EQ(problems_of(text),
            "contract.yaml:5:43: environments.a.managed must be true or false, not text\n    Write true or false.\n"
            "contract.yaml:5:43: environments.b.managed must be true or false, not text\n    Write true or false.\n");
}

TEST(ParseContract, AcceptsTheReferenceDeployment) {
  const Contract contract = accept(read(PGCONTRACT_SOURCE_DIR "/stratmaster/contract.yaml"));
  EXPECT_EQ(contract.name, "stratmaster");
  EXPECT_EQ(contract.waivers.size(), 7u);
}

}  // namespace
}  // namespace pgcontract::contract
