#include "alembic/config.hpp"

#include <gtest/gtest.h>

namespace pgcontract::alembic {
namespace {

IniFile ini(std::string_view text) {
  auto file = IniFile::parse(text, "api/alembic.ini", "/srv/app/api");
  EXPECT_TRUE(file) << file.error().describe();
  return file.value_or(IniFile{});
}

Error ini_error(std::string_view text) {
  auto file = IniFile::parse(text, "alembic.ini", "/srv");
  EXPECT_FALSE(file);
  return file ? Error{} : file.error();
}

std::string value(const IniFile& file, const std::string& key, const std::string& section = "alembic") {
  const auto found = file.get(section, key);
  if (!found) return "error: " + found.error().message;
  return *found ? (*found)->text : "absent";
}

AlembicConfig config(std::string_view text) {
  auto resolved = resolve_config(ini(text), "alembic", "/srv/app");
  EXPECT_TRUE(resolved) << resolved.error().describe();
  return resolved.value_or(AlembicConfig{});
}

Error config_error(std::string_view text) {
  auto resolved = resolve_config(ini(text), "alembic", "/srv/app");
  EXPECT_FALSE(resolved);
  return resolved ? Error{} : resolved.error();
}

using List = std::vector<std::string>;

TEST(IniFile, ReadsBothDelimitersAnyCaseAndBothCommentMarks) {
  const auto file = ini("# top\n; too\n[alembic]\nA = 1\nb: 2 # not a comment\r\n  ; within\nC=x=y\nempty =\n");
  EXPECT_EQ(value(file, "a"), "1");
  EXPECT_EQ(value(file, "B"), "2 # not a comment");
  EXPECT_EQ(value(file, "c"), "x=y");
  EXPECT_EQ(value(file, "empty"), "");
  EXPECT_EQ(value(file, "d"), "absent");
}

TEST(IniFile, JoinsContinuationLinesThroughEmptyLinesAndComments) {
  const auto file = ini("[alembic]\na = 1\n  2\n# no\n\n  3\n\nb = 4\n");
  EXPECT_EQ(value(file, "a"), "1\n2\n\n3");
  EXPECT_EQ(value(file, "b"), "4");
}

TEST(IniFile, InterpolatesFromSectionDefaultAndHere) {
  const auto file = ini("[DEFAULT]\nroot = %(here)s/x\n[alembic]\na = %(ROOT)s/100%%\nb = %(a)s-%(a)s\n");
  EXPECT_EQ(value(file, "a"), "/srv/app/api/x/100%");
  EXPECT_EQ(value(file, "b"), "/srv/app/api/x/100%-/srv/app/api/x/100%");
}

TEST(IniFile, APercentSignInTheFoldersNameIsNoInterpolation) {
  const auto file = IniFile::parse("[alembic]\na = %(here)s/m\n", "alembic.ini", "/srv/100%(x)s");
  ASSERT_TRUE(file);
  EXPECT_EQ(value(*file, "a"), "/srv/100%(x)s/m");
}

TEST(IniFile, ReportsBadInterpolationsOfTheKeyThatIsAskedFor) {
  const auto file = ini("[alembic]\ngood = 1\nbare = 5%\nunknown = %(nope)s\nring = %(ring)s\nopen = %(here\n");
  EXPECT_EQ(value(file, "good"), "1");
  EXPECT_EQ(value(file, "bare"), "error: a % is followed by neither % nor (name)s");
  EXPECT_EQ(value(file, "open"), "error: a % is followed by neither % nor (name)s");
  EXPECT_TRUE(value(file, "unknown").starts_with("error: %(nope)s names a key"));
  EXPECT_TRUE(value(file, "ring").starts_with("error: the value refers to itself"));
  EXPECT_EQ(file.get("alembic", "unknown").error().where, "api/alembic.ini:4");
}

TEST(IniFile, InterpolationsThatMultiplyEndSoon) {
  std::string text = "[alembic]\nk0 =\n";
  for (int i = 1; i < 10; ++i) {
    text += "k" + std::to_string(i) + " = ";
    for (int n = 0; n < 500; ++n) text += "%(k" + std::to_string(i - 1) + ")s";
    text += "\n";
  }
  EXPECT_TRUE(value(ini(text), "k9").starts_with("error: the value refers to itself, or through too many"));
}

TEST(IniFile, ErrorsNameTheLine) {
  EXPECT_EQ(ini_error("a = 1\n").where, "alembic.ini:1");
  EXPECT_EQ(ini_error("[a]\nx = 1\n[a]\n").where, "alembic.ini:3");
  EXPECT_EQ(ini_error("[a]\nx = 1\nX : 2\n").where, "alembic.ini:3");
  EXPECT_EQ(ini_error("[a]\n\nnonsense\n").where, "alembic.ini:3");
  EXPECT_EQ(ini_error("[a]\n= 1\n").where, "alembic.ini:2");
  EXPECT_NE(ini_error("\xEF\xBB\xBF[a]\n").hint.find("byte order mark"), std::string::npos);
}

TEST(Config, RelativePathsStartWhereAlembicIsStarted) {
  EXPECT_EQ(config("[alembic]\nscript_location = migrations\n").script_location, "/srv/app/migrations");
  EXPECT_EQ(config("[alembic]\nscript_location = %(here)s/../m/\n").script_location, "/srv/app/m");
  EXPECT_EQ(config("[alembic]\nscript_location = /m\n").version_locations, List{"/m/versions"});
}

TEST(Config, SplitsVersionLocationsAsTheSeparatorSays) {
  const auto locations = [](const std::string& rest) {
    return config("[alembic]\nscript_location = m\n" + rest).version_locations;
  };
  EXPECT_EQ(locations("version_locations = a b, c\n"), (List{"/srv/app/a", "/srv/app/b", "/srv/app/c"}));
  EXPECT_EQ(locations("version_path_separator = os\nversion_locations = /a b:c\n"), (List{"/a b", "/srv/app/c"}));
  EXPECT_EQ(locations("path_separator = newline\nversion_locations =\n  a b\n  c\n"),
            (List{"/srv/app/a b", "/srv/app/c"}));
  EXPECT_EQ(locations("path_separator = ;\nversion_path_separator = space\nversion_locations = a b;c\n"),
            (List{"/srv/app/a b", "/srv/app/c"}));
}

TEST(Config, ALineBreakIsNoSeparatorUnlessNamed) {
  EXPECT_EQ(config("[alembic]\nscript_location = m\nversion_locations =\n  /a\n  /b\n").version_locations,
            List{"/srv/app/\n/a\n/b"});
}

TEST(Config, ReadsFlagsAndSysPath) {
  const auto read = config(
      "[alembic]\nscript_location = m\nrecursive_version_locations = true\nsourceless = True\n"
      "prepend_sys_path = .:lib\n");
  EXPECT_TRUE(read.recursive);
  EXPECT_FALSE(read.sourceless) << "Alembic compares with \"true\"";
  EXPECT_EQ(read.prepend_sys_path, (List{"/srv/app", "/srv/app/lib"}));
}

TEST(Config, ErrorsSayWhatIsMissing) {
  EXPECT_EQ(config_error("[tenant]\n").code, ErrorCode::NotFound);
  EXPECT_EQ(config_error("[alembic]\n").message, "section [alembic] has no script_location");
  EXPECT_EQ(config_error("[alembic]\nscript_location =\n").where, "api/alembic.ini:2");
  EXPECT_EQ(config_error("[alembic]\nscript_location = %(x)s\n").where, "api/alembic.ini:2");
  const auto separator =
      config_error("[alembic]\nscript_location = m\nversion_locations = a\nversion_path_separator = ,\n");
  EXPECT_EQ(separator.where, "api/alembic.ini:4");
  const auto package = config_error("[alembic]\nscript_location = app.db:migrations\n");
  EXPECT_NE(package.message.find("Python package"), std::string::npos);
}

TEST(Config, DefaultIsNoSection) {
  auto resolved = resolve_config(ini("[DEFAULT]\nscript_location = m\n"), "DEFAULT", "/");
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().code, ErrorCode::NotFound);
}

}  // namespace
}  // namespace pgcontract::alembic
