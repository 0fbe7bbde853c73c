#include "contract/load.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "contract/environment.hpp"

namespace pgcontract::contract {
namespace {

constexpr const char* kSmallest =
    "contract: 1\nname: shop\nenvironments: { local: { dsn: embedded } }\nschemas: { application: { name: shop_api } "
    "}\n";

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "pgcontract-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
    ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);  // for as_nobody()
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string write(const std::string& name, const std::string& text, unsigned mode = 0600) {
    const auto path = directory_ / name;
    std::ofstream(path, std::ios::binary) << text;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path.string();
  }

  // root may read everything: such tests run as a user who may not.
  template <typename Act>
  static auto as_nobody(Act act) {
    const auto before = ::geteuid();
    EXPECT_EQ(::seteuid(before == 0 ? 65534 : before), 0);
    auto result = act();
    EXPECT_EQ(::seteuid(before), 0);
    return result;
  }

  std::filesystem::path directory_;
};

using LoadContract = Files;
using ReadDsn = Files;

TEST_F(LoadContract, KnowsItsFileAndDirectory) {
  const auto contract = load_contract(write("contract.yaml", kSmallest));
  ASSERT_TRUE(contract) << contract.error().describe();
  EXPECT_EQ(contract->directory, directory_.string());
  EXPECT_EQ(contract->file, (directory_ / "contract.yaml").string());
  EXPECT_EQ(contract->sha256.size(), 64u);
  const auto relative = std::filesystem::relative(directory_ / "contract.yaml").string();
  EXPECT_EQ(load_contract(relative)->file, relative);
  EXPECT_EQ(load_contract(relative)->directory, directory_.string());
}

TEST_F(LoadContract, MissingFileSaysHowToGetOne) {
  const auto path = (directory_ / "contract.yaml").string();
  const auto error = load_contract(path).error();
  EXPECT_EQ(error.code, ErrorCode::NotFound);
  EXPECT_EQ(error.describe(), path + ": there is no contract here");
  EXPECT_EQ(error.hint, "Write one with `pgcontract init`, or name it with --contract PATH.");
}

TEST_F(LoadContract, RefusesWhatIsNotAReadableFile) {
  const auto directory = load_contract(directory_.string()).error();
  EXPECT_EQ(directory.code, ErrorCode::InvalidInput);
  EXPECT_EQ(directory.describe(), directory_.string() + ": this is a directory");
  const auto pipe = (directory_ / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(load_contract(pipe).error().message, "this is not a regular file");
  const auto path = write("contract.yaml", kSmallest, 0);
  const auto unreadable = as_nobody([&] { return load_contract(path); }).error();
  EXPECT_EQ(unreadable.code, ErrorCode::Permission);
  EXPECT_EQ(unreadable.describe(), path + ": the file cannot be read by this user");
  EXPECT_EQ(load_contract("/dev/zero").error().message, "this is not a regular file");
}

TEST_F(LoadContract, RefusesALargeFile) {
  const auto path = write("contract.yaml", std::string((1 << 20) + 1, '#'));
  EXPECT_EQ(load_contract(path).error().describe(), path + ": the file is larger than 1048576 bytes");
}

TEST_F(LoadContract, FoldsSeveralProblemsIntoOneError) {
  const auto path = write("contract.yaml", "contract: 1\nname: SHOP\nenvironments: { local: { dsn: embedded } }\n");
  const auto error = load_contract(path).error();
  EXPECT_EQ(error.code, ErrorCode::InvalidInput);
  EXPECT_EQ(error.where, path + ":1:1");
  EXPECT_EQ(
      error.message,
      "2 problems\n" + path +
          ":1:1: schemas is missing (Add \"schemas: …\". The schemas that the contract governs, besides the "
          "tenants'.)\n" +
          path +
          ":2:7: name must be lower-case letters, digits, _ and -, not \"SHOP\" (Write a name such as stratmaster; "
          "it starts with a letter.)");
}

TEST_F(LoadContract, ASingleProblemStaysAsItIs) {
  const auto path = write("contract.yaml", "contract: 3\n");
  const auto error = load_contract(path).error();
  EXPECT_EQ(error.code, ErrorCode::Unsupported);
  EXPECT_EQ(error.describe(), path + ":1:11: version 3 of the contract format is not known here");
}

Contract with_environments(const std::string& directory) {
  Contract contract;
  contract.file = "contract.yaml";
  contract.directory = directory;
  for (const auto* name : {"local", "staging", "production"}) {
    Environment environment;
    environment.name = name;
    contract.environments.push_back(environment);
  }
  return contract;
}

TEST(ChooseEnvironment, TakesTheFirstOrTheNamedOne) {
  const Contract contract = with_environments("/");
  EXPECT_EQ(choose_environment(contract, "").value(), &contract.environments[0]);
  EXPECT_EQ(choose_environment(contract, "production").value(), &contract.environments[2]);
}

TEST(ChooseEnvironment, SuggestsAndLists) {
  const Contract contract = with_environments("/");
  const auto error = choose_environment(contract, "prodction").error();
  EXPECT_EQ(error.code, ErrorCode::NotFound);
  EXPECT_EQ(error.describe(), "contract.yaml: there is no environment \"prodction\"");
  EXPECT_EQ(error.hint, "Did you mean production? The contract has: local, staging, production.");
  EXPECT_EQ(choose_environment(contract, "qa-7-eu-west").error().hint, "The contract has: local, staging, production.");
  EXPECT_EQ(choose_environment(Contract{}, "").error().message, "the contract has no environments");
}

Environment from(Environment::Source source, const std::string& where) {
  Environment environment;
  environment.name = "staging";
  environment.source = source;
  environment.variable_or_path = where;
  return environment;
}

TEST_F(ReadDsn, FromAVariable) {
  const Contract contract = with_environments(directory_.string());
  const auto environment = from(Environment::Source::Variable, "PGC_TEST_DSN");
  ::unsetenv("PGC_TEST_DSN");
  const auto missing = read_dsn(contract, environment).error();
  EXPECT_EQ(missing.code, ErrorCode::Environment);
  EXPECT_EQ(missing.message, "environment \"staging\": the variable PGC_TEST_DSN is not set");
  EXPECT_EQ(missing.hint, "Export it: export PGC_TEST_DSN=postgresql://user@host:5432/database");
  ::setenv("PGC_TEST_DSN", "", 1);
  EXPECT_EQ(read_dsn(contract, environment).error().message,
            "environment \"staging\": the variable PGC_TEST_DSN is empty");
  ::setenv("PGC_TEST_DSN", "postgresql://u:hunter2@h/d", 1);
  EXPECT_EQ(read_dsn(contract, environment)->reveal(), "postgresql://u:hunter2@h/d");
  ::unsetenv("PGC_TEST_DSN");
}

TEST_F(ReadDsn, FromAFileRelativeToTheContract) {
  const Contract contract = with_environments(directory_.string());
  write("dsn", "postgresql://u:hunter2@h/d\n");
  EXPECT_EQ(read_dsn(contract, from(Environment::Source::File, "dsn"))->reveal(), "postgresql://u:hunter2@h/d");
  const auto absolute = write("other", "host=h password='a b'");
  EXPECT_EQ(read_dsn(contract, from(Environment::Source::File, absolute))->reveal(), "host=h password='a b'");
  write("windows", "host=h\r\n", 0440);
  EXPECT_EQ(read_dsn(contract, from(Environment::Source::File, "windows"))->reveal(), "host=h");
}

TEST_F(ReadDsn, RefusesAFileThatIsNoSecretOrNoDsn) {
  const Contract contract = with_environments(directory_.string());
  const auto error_of = [&](const std::string& name) {
    const auto error = read_dsn(contract, from(Environment::Source::File, name)).error();
    EXPECT_EQ(error.code, ErrorCode::Environment);
    EXPECT_EQ(error.where, (directory_ / name).string());
    EXPECT_EQ((error.message + error.hint).find("hunter2"), std::string::npos);
    return error;
  };
  EXPECT_EQ(error_of("missing").message, "environment \"staging\": the file does not exist");
  write("public", "hunter2", 0644);
  EXPECT_EQ(error_of("public").message,
            "environment \"staging\": every user of this machine may read the file (mode 0644)");
  EXPECT_EQ(error_of("public").hint, "Run: chmod 600 " + (directory_ / "public").string() +
                                         " (for a mounted secret, set its mode to 0400 where it is mounted).");
  write("writable", "hunter2", 0602);
  EXPECT_EQ(error_of("writable").message,
            "environment \"staging\": every user of this machine may change the file (mode 0602)");
  write("empty", "\n");
  EXPECT_EQ(error_of("empty").message, "environment \"staging\": the file is empty");
  write("lines", "hunter2\n\n");
  EXPECT_EQ(error_of("lines").message, "environment \"staging\": the file holds more than one line");
  std::filesystem::create_directory(directory_ / "folder");
  EXPECT_EQ(error_of("folder").message, "environment \"staging\": this is a directory");
  write("unreadable", "hunter2", 0);
  EXPECT_EQ(as_nobody([&] { return error_of("unreadable"); }).message,
            "environment \"staging\": the file cannot be read by this user");
  write("large", std::string(65 * 1024, 'x'));
  EXPECT_EQ(error_of("large").message, "environment \"staging\": the file is larger than 65536 bytes");
}

TEST_F(ReadDsn, EmbeddedIsNotAskedHere) {
  EXPECT_EQ(read_dsn(with_environments("/"), from(Environment::Source::Embedded, "")).error().code, ErrorCode::Bug);
}

}  // namespace
}  // namespace pgcontract::contract
