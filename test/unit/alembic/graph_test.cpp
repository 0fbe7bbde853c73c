#include "alembic/graph.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>

#include "alembic/config.hpp"
#include "alembic/revision_file.hpp"
#include "alembic/script.hpp"

namespace pgcontract::alembic {
namespace {

namespace fs = std::filesystem;
using List = std::vector<std::string>;

class Graph : public ::testing::Test {
 protected:
  Graph() {
    std::string name = fs::temp_directory_path() / "pgcontract-alembic-XXXXXX";
    root_ = mkdtemp(name.data());
    write("alembic.ini", "[alembic]\nscript_location = %(here)s/m\n");
    fs::create_directories(root_ / "m/versions");
  }
  ~Graph() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path, std::ios::binary) << text;
  }
  // A revision in versions/<id>_.py; `down` and `depends` are Python.
  void revision(const std::string& id, const std::string& down, const std::string& rest = "") {
    write("m/versions/" + id + "_.py", "revision = '" + id + "'\ndown_revision = " + down + "\n" + rest);
  }
  RevisionGraph read(const std::string& section = "alembic") {
    return read_graph(root_ / "alembic.ini", section, root_);
  }
  static List ids(const RevisionGraph& graph) {
    List out;
    for (const auto& revision : graph.revisions) out.push_back(revision.id);
    return out;
  }
  static List problems(const RevisionGraph& graph) {
    List out;
    for (const auto& problem : graph.problems) {
      EXPECT_FALSE(problem.hint.empty()) << problem.message;
      out.push_back(problem.where + ": " + problem.message);
    }
    return out;
  }

  fs::path root_;
};

TEST_F(Graph, OrdersALineFromItsBase) {
  revision("c", "'b'"), revision("b", "'a'"), revision("a", "None");
  const auto graph = read();
  EXPECT_TRUE(graph.present);
  EXPECT_EQ(problems(graph), List{});
  EXPECT_EQ(ids(graph), (List{"a", "b", "c"}));
  EXPECT_EQ(graph.heads, List{"c"});
  EXPECT_EQ(graph.find("b")->file, "m/versions/b_.py");
  EXPECT_EQ(pending(graph, {"a"}), (List{"b", "c"}));
  EXPECT_EQ(pending(graph, {}), (List{"a", "b", "c"}));
  EXPECT_EQ(pending(graph, {"c"}), List{});
  EXPECT_TRUE(at_head(graph, {"c"}));
  EXPECT_FALSE(at_head(graph, {"b"}));
  EXPECT_FALSE(at_head(graph, {}));
}

TEST_F(Graph, AHeadThatOthersDependOnIsAHeadWithoutARow) {
  revision("a1", "None"), revision("b1", "None", "branch_labels = 'b'\n");
  revision("a2", "'a1'", "depends_on = 'b'\n");
  const auto graph = read();
  EXPECT_EQ(problems(graph), List{});
  EXPECT_EQ(graph.heads, (List{"a2", "b1"}));
  EXPECT_EQ(pending(graph, {"a1"}), (List{"b1", "a2"}));
  EXPECT_EQ(pending(graph, {"a2"}), List{}) << "b1 is applied through a2";
  EXPECT_TRUE(at_head(graph, {"a2"}));
  EXPECT_FALSE(at_head(graph, {"a2", "b1"})) << "Alembic refuses overlapping rows";
}

TEST_F(Graph, UnknownRowsAreNamedAndTheRestStillAnswers) {
  revision("a", "None"), revision("b", "'a'");
  const auto graph = read();
  EXPECT_EQ(unknown_rows(graph, {"a", "gone"}), List{"gone"});
  EXPECT_EQ(pending(graph, {"a", "gone"}), List{"b"});
  EXPECT_FALSE(at_head(graph, {"b", "gone"}));
}

TEST_F(Graph, AnEmptyHistoryIsAtHead) {
  const auto graph = read();
  EXPECT_EQ(problems(graph), List{});
  EXPECT_TRUE(graph.heads.empty());
  EXPECT_TRUE(at_head(graph, {}));
}

TEST_F(Graph, MissingPiecesOfTheConfigurationAreReported) {
  EXPECT_EQ(problems(read("tenant")), List{"alembic.ini: there is no section [tenant]"});
  EXPECT_FALSE(read("tenant").present);
  write("alembic.ini", "[alembic]\nx = 1\n");
  EXPECT_EQ(problems(read()), List{"alembic.ini: section [alembic] has no script_location"});
  EXPECT_TRUE(read().present);
  write("alembic.ini", "[alembic]\n\nscript_location = %(here)s/n\n");
  EXPECT_EQ(problems(read()), List{"alembic.ini:3: the versions folder n/versions does not exist"});
  fs::remove(root_ / "alembic.ini");
  EXPECT_EQ(problems(read()), List{"alembic.ini: no such file"});
  fs::create_directory(root_ / "alembic.ini");
  EXPECT_EQ(problems(read()), List{"alembic.ini: is not a regular file"});
}

TEST_F(Graph, DuplicateIdsAreReportedAndTheLastFileWins) {
  revision("a", "None");
  write("m/versions/z.py", "revision = 'a'\ndown_revision = None\ndepends_on = ()\n");
  const auto graph = read();
  EXPECT_EQ(problems(graph), List{"m/versions/z.py:1: revision `a` is there twice: also in m/versions/a_.py:1"});
  ASSERT_EQ(graph.revisions.size(), 1U);
  EXPECT_EQ(graph.revisions[0].file, "m/versions/z.py");
}

TEST_F(Graph, UnknownNamesAreReported) {
  revision("a", "None", "branch_labels = ('lab',)\n"), revision("b", "'gone'"), revision("c", "'lab'");
  revision("d", "'a'", "depends_on = ('lost', 'lab')\n");
  const auto graph = read();
  EXPECT_EQ(problems(graph), (List{"m/versions/b_.py:1: down_revision `gone` of revision `b` is in no file",
                                   "m/versions/c_.py:1: down_revision `lab` of revision `c` is a branch label",
                                   "m/versions/d_.py:1: depends_on `lost` of revision `d` is in no file"}));
  EXPECT_EQ(graph.revisions.size(), 4U);
}

TEST_F(Graph, CyclesAreReportedAndBroken) {
  revision("a", "'c'"), revision("b", "'a'"), revision("c", "'b'"), revision("d", "'c'"), revision("s", "'s'");
  revision("x", "None", "depends_on = 'y'\n"), revision("y", "None", "depends_on = 'x'\n");
  revision("t", "None", "depends_on = 't'\n");
  const auto graph = read();
  EXPECT_EQ(problems(graph), (List{"m/versions/a_.py:1: a cycle in down_revision: a -> c -> b -> a",
                                   "m/versions/s_.py:1: revision `s` names itself in down_revision",
                                   "m/versions/t_.py:1: revision `t` names itself in depends_on",
                                   "m/versions/x_.py:1: a dependency cycle in depends_on: x -> y -> x"}));
  EXPECT_EQ(graph.revisions.size(), 8U);
  EXPECT_EQ(pending(graph, {}).size(), 8U);
}

TEST_F(Graph, TakenLabelsAreReported) {
  revision("a", "None", "branch_labels = 'x'\n"), revision("b", "'a'", "branch_labels = ('x', 'a')\n");
  EXPECT_EQ(problems(read()), (List{"m/versions/b_.py:1: branch label `x` of revision `b` is taken by revision `a`",
                                    "m/versions/b_.py:1: branch label `a` of revision `b` is taken by revision `a`"}));
}

TEST_F(Graph, OnlyFilesThatAlembicImportsCount) {
  revision("a", "None");
  write("m/versions/__init__.py", "x");
  write("m/versions/__init__old.py", "x");
  write("m/versions/.#a_.py", "x");
  write("m/versions/notes.txt", "x");
  write("m/versions/a.pyc", "x");
  write("m/versions/deep/b.py", "revision = 'b'\ndown_revision = 'a'\n");
  fs::create_symlink(root_ / "m/versions/a_.py", root_ / "m/versions/again.py");
  EXPECT_EQ(problems(read()), List{});
  EXPECT_EQ(ids(read()), List{"a"});
  write("alembic.ini", "[alembic]\nscript_location = m\nrecursive_version_locations = true\n");
  EXPECT_EQ(ids(read()), (List{"a", "b"}));
  write("alembic.ini", "[alembic]\nscript_location = m\nsourceless = true\n");
  EXPECT_EQ(problems(read()), List{"m/versions/a.pyc: the revision is compiled and cannot be read statically"});
}

TEST_F(Graph, FilesThatCannotBeReadDoNotHangOrHideTheOthers) {
  revision("a", "None");
  ASSERT_EQ(mkfifo((root_ / "m/versions/b.py").c_str(), 0600), 0);
  fs::create_directory(root_ / "m/versions/c.py");
  fs::create_symlink("/nowhere", root_ / "m/versions/d.py");
  EXPECT_EQ(problems(read()), (List{"m/versions/b.py: is not a regular file", "m/versions/c.py: is not a regular file",
                                    "m/versions/d.py: no such file"}));
  EXPECT_EQ(ids(read()), List{"a"});
}

TEST_F(Graph, SeveralVersionLocationsAreOneHistory) {
  write("alembic.ini", "[alembic]\nscript_location = m\nversion_locations = one two\n");
  write("one/b.py", "revision = 'b'\ndown_revision = 'a'\n");
  write("two/a.py", "revision = 'a'\ndown_revision = None\n");
  EXPECT_EQ(ids(read()), (List{"a", "b"}));
}

TEST_F(Graph, ALongHistoryWithManyMergesIsReadInTime) {
  // 500 diamonds; every step makes the naive number of paths double.
  RevisionGraph graph;
  const auto add = [&](const std::string& id, List down) {
    Revision revision;
    revision.id = revision.file = id;
    revision.down = std::move(down);
    graph.revisions.push_back(revision);
  };
  add("0", {});
  for (int i = 1; i <= 500; ++i) {
    const auto n = std::to_string(i);
    add("l" + n, {std::to_string(i - 1)}), add("r" + n, {std::to_string(i - 1)}), add(n, {"l" + n, "r" + n});
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(pending(graph, {"0"}).size(), 1500U);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

// Garbage of every kind: nothing may crash, hang or read past an end.
TEST(AlembicFuzz, FiveThousandMutatedInputsEndInTime) {
  const std::string seeds[] = {
      "'''doc'''\nrevision: str = 'a' \"b\"\ndown_revision = ('c', r'd\\x')\nif x:\n  depends_on = "
      "[\n'e']\nf'{x[\"y\"]}'\n",
      "[DEFAULT]\na = %(here)s\n[alembic]\nscript_location = %(a)s/m\n  more\nversion_locations: a b, %(b)s %%\n",
      "BEGIN;\n\n-- Running upgrade  -> a\n\nCREATE FUNCTION f() BEGIN ATOMIC SELECT CASE 1 END; END;\n\n"
      "SELECT E'a\\'' $x$;$x$ /* /* */ */ \"q\";\n\nCOMMIT;\n\n",
  };
  const std::string_view pieces[] = {"'",  "\"", "'''",  "\\",           "(",   ")",  "[",  "\n", "\r",
                                     "%(", ")s", "%",    "$$",           "$x$", "/*", "*/", "--", ";",
                                     "E'", "\0", "\xff", "\xEF\xBB\xBF", "f\"", "{",  "}",  "="};
  std::mt19937 random(20261123);
  const auto begin = std::chrono::steady_clock::now();
  int refused = 0;
  for (int i = 0; i < 5000; ++i) {
    auto text = seeds[static_cast<std::size_t>(i) % std::size(seeds)];
    for (auto edits = 1 + random() % 8; edits > 0; --edits) {
      const auto at = random() % (text.size() + 1);
      const auto piece = pieces[random() % std::size(pieces)];
      if (random() % 3 == 0)
        text.erase(at, random() % 20);
      else if (random() % 8 == 0)
        text.insert(at, text.substr(0, random() % 400));
      else
        text.insert(at, piece.empty() ? std::string(1, '\0') : std::string(piece));
    }
    const auto file = parse_revision_file(text, "x.py");
    if (auto ini = IniFile::parse(text, "i", "/h"); !ini || !resolve_config(*ini, "alembic", "/")) ++refused;
    const auto script = split_rendered(text);
    EXPECT_TRUE(script || !script.error().hint.empty());
    EXPECT_TRUE(file.revision || !file.problems.empty());
  }
  EXPECT_GT(refused, 1000);
  EXPECT_LT(refused, 5000) << "some of the inputs must still be good";
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(20));
}

}  // namespace
}  // namespace pgcontract::alembic
