#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "alembic/config.hpp"
#include "alembic/toml_file.hpp"

namespace pgcontract::alembic {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TomlTable table(std::string_view text) {
  auto parsed = parse_toml_table(text, "tool.alembic", "pyproject.toml");
  EXPECT_TRUE(parsed) << (parsed ? "" : parsed.error().describe());
  return parsed ? *parsed : TomlTable{};
}

TEST(Toml, ReadsOneTableAmongOthers) {
  const auto found = table(R"(# a comment with [tool.alembic]
[project]
name = "x"
script_location = "not this one"
description = """
[tool.alembic]
script_location = "nor this"
"""
dependencies = ["a", { b = "[tool.alembic]" }]
[ tool . alembic ]   # this one
script_location = '%(here)s/m'   # where
version_locations = [
  "a\tb",  # one
  'c',
]
"sourceless" = false
recursive_version_locations = true
n = 1
[tool.other]
script_location = "other"
[[tool.alembic]]
script_location = "list"
)");
  EXPECT_EQ(found.size(), 5U);
  EXPECT_THAT(found.at("script_location").texts, ElementsAre("%(here)s/m"));
  EXPECT_EQ(found.at("script_location").line, 11);
  EXPECT_THAT(found.at("version_locations").texts, ElementsAre("a\tb", "c"));
  EXPECT_TRUE(found.at("recursive_version_locations").flag);
  EXPECT_EQ(found.at("sourceless").kind, TomlValue::Kind::Flag);
  EXPECT_EQ(found.at("n").kind, TomlValue::Kind::Other);
}

TEST(Toml, EscapesAsTomlDoes) {
  const auto found =
      table("[tool.alembic]\na = \"\\u00e4\\U0001F600\\\\ \\\"\"\nb = \"\"\"\none \\\n   two\"\"\"\nc = 'x\\y'");
  EXPECT_THAT(found.at("a").texts, ElementsAre("ä😀\\ \""));
  EXPECT_THAT(found.at("b").texts, ElementsAre("one two"));
  EXPECT_THAT(found.at("c").texts, ElementsAre("x\\y"));
}

TEST(Toml, RefusesWhatIsNoToml) {
  for (const char* text :
       {"[tool.alembic]\nword\n", "a = \"x\n", "a = [1, 2", "a = [1 2]", "a = ", "a = \"\\q\"", "= 1"}) {
    const auto parsed = parse_toml_table(text, "tool.alembic", "pyproject.toml");
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error().message, HasSubstr("not valid TOML"));
  }
}

class PyProject : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(folder_); }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(folder_ / name) << text; }
  // One a test: they may run side by side.
  std::filesystem::path folder_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("pgc%40pyproject") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(PyProject, ServesEverySectionAndIniComesFirst) {
  write("pyproject.toml",
        "[tool.alembic]\nscript_location = '%(here)s/m%%'\nversion_locations = ['%(here)s/v', 'w']\n"
        "recursive_version_locations = true\n");
  auto ini = read_ini((folder_ / "pyproject.toml").string(), folder_.string());
  ASSERT_TRUE(ini) << ini.error().describe();
  auto config = resolve_config(*ini, "tenant", folder_.string());
  ASSERT_TRUE(config) << config.error().describe();
  EXPECT_EQ(config->script_location, (folder_ / "m%").string());
  EXPECT_THAT(config->version_locations, ElementsAre((folder_ / "v").string(), (folder_ / "w").string()));
  EXPECT_TRUE(config->recursive);

  write("alembic.ini", "[tenant]\nscript_location = %(here)s/t\nversion_locations = u\n");
  for (const char* named : {"alembic.ini", "pyproject.toml"}) {
    ini = read_ini((folder_ / named).string(), folder_.string());
    ASSERT_TRUE(ini);
    config = resolve_config(*ini, "tenant", folder_.string());
    ASSERT_TRUE(config);
    EXPECT_EQ(config->script_location, (folder_ / "t").string());
    EXPECT_THAT(config->version_locations, ElementsAre((folder_ / "u").string()));
    EXPECT_TRUE(config->recursive);
  }
}

TEST_F(PyProject, NamesTheLineOfAWrongKind) {
  write("pyproject.toml", "[tool.alembic]\nscript_location = ['m']\n");
  const auto ini = read_ini((folder_ / "pyproject.toml").string(), folder_.string());
  ASSERT_TRUE(ini);
  const auto config = resolve_config(*ini, "alembic", folder_.string());
  ASSERT_FALSE(config);
  EXPECT_THAT(config.error().describe(), HasSubstr("pyproject.toml:2: script_location is not a string"));
}

}  // namespace
}  // namespace pgcontract::alembic
