// fingerprint/ against a real server: every single change of test/fingerprint/mutations/ is seen and named, and what
// means the same has the same root: other names, other orders, dropped columns, dumped and restored, another version.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "fingerprint/mend.hpp"
#include "fingerprint/read.hpp"
#include "support/deployment.hpp"

namespace pgcontract::test {
namespace {

using fingerprint::SchemaFingerprint;

std::string file_text(const std::string& path) {
  std::ifstream file(std::string(PGCONTRACT_SOURCE_DIR) + "/test/fingerprint/" + path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string filled(std::string text, const std::string& letter) {
  for (const auto& [place, value] :
       {std::pair<std::string, std::string>{"{S}", "fp_" + letter}, {"{R}", "fp_app_" + letter}})
    for (std::size_t at = text.find(place); at != std::string::npos; at = text.find(place, at + value.size()))
      text.replace(at, place.size(), value);
  return text;
}

fingerprint::Wanted wanted(const std::string& letter) {
  return {"fp_" + letter, {{"fp_" + letter, "{schema}"}, {"fp_app_" + letter, "{role}"}}};
}

std::vector<SchemaFingerprint> read(postgres::Connection& connection, const std::vector<std::string>& letters) {
  std::vector<fingerprint::Wanted> all;
  for (const auto& letter : letters) all.push_back(wanted(letter));
  return expect(fingerprint::read_fingerprints(connection, all));
}

std::string told(const std::vector<Difference>& differences) {
  std::string text;
  for (const auto& d : differences)
    text += "  " + d.kind + " " + d.object + " [" + d.attribute + "] " + d.expected.value_or("-") + " | " +
            d.found.value_or("-") + "\n";
  return text;
}

// A server with the roles and the fixture twice, as fp_a and fp_b.
struct Fixture {
  Deployment deployment;
  Fixture() {
    auto connection = deployment.connect();
    for (const char* role : {"fp_owner", "fp_other", "fp_app_a", "fp_app_b", "fp_app_c"})
      expect(connection.execute(std::string("CREATE ROLE ") + role));
    expect(connection.execute(
        "CREATE SCHEMA fp_shared; CREATE PUBLICATION fp_pub; "
        "CREATE FOREIGN DATA WRAPPER fp_wrapper; CREATE SERVER fp_server FOREIGN DATA WRAPPER fp_wrapper"));
    if (connection.server_version() >= 150000) {
      expect(connection.execute("SET allow_in_place_tablespaces = true"));
      expect(connection.execute("CREATE TABLESPACE fp_space LOCATION ''"));
    }
    for (const char* letter : {"a", "b"}) expect(connection.execute(filled(file_text("fixture.sql"), letter)));
  }
};
Fixture& fixture() {
  static Fixture one;
  return one;
}

struct Mutation {
  std::string says, object, attribute, sql;
  int from = 0;
};
std::vector<Mutation> mutations() {
  std::vector<Mutation> all;
  std::istringstream lines(file_text("mutations/tables.sql") + file_text("mutations/keys.sql") +
                           file_text("mutations/others.sql"));
  for (std::string line; std::getline(lines, line);) {
    const auto rest = [&](std::string_view head) { return line.substr(head.size()); };
    if (line.starts_with("-- mutation: "))
      all.push_back({rest("-- mutation: "), {}, {}, {}, 0});
    else if (line.starts_with("-- object: "))
      all.back().object = rest("-- object: ");
    else if (line.starts_with("-- attribute: "))
      all.back().attribute = rest("-- attribute: ");
    else if (line.starts_with("-- from: "))
      all.back().from = std::stoi(rest("-- from: "));
    else if (!line.starts_with("--") && !all.empty())
      all.back().sql += line + "\n";
  }
  return all;
}

TEST(Fingerprint, is_free_of_the_names_of_a_schema_and_its_role) {
  auto connection = fixture().deployment.connect();
  const auto both = read(connection, {"a", "b"});
  EXPECT_EQ(told(fingerprint::differences(both[0], both[1])), "");
  EXPECT_EQ(both[0].root, both[1].root);
  EXPECT_GT(both[0].nodes.size(), 100u);
}

// Where every difference has its statements, they make the two alike again, or are refused; the drift is gone, or as it
// was. Within the caller's transaction.
bool mends(postgres::Connection& connection, const std::vector<SchemaFingerprint>& both) {
  const auto words = [](const std::string& schema) { return wanted(schema.substr(3)); };
  DriftSet set = fingerprint::compare_with("b", both[0], {&both[1]});
  expect(fingerprint::add_mends(connection, wanted("a"), words, set));
  if (set.groups.empty()) return false;
  std::string script;
  for (const auto& difference : set.groups[0].differences) {
    if (difference.mend.empty() && difference.no_mend != fingerprint::kMendedToo) return false;
    EXPECT_TRUE(difference.mend.empty() || difference.no_mend.empty());
    for (const auto& statement : difference.mend) script += statement + ";\n";
  }
  const auto done = connection.execute(script);
  EXPECT_TRUE(done) << script << (done ? "" : done.error().describe());
  if (!done) return false;
  const auto after = read(connection, {"a", "b"});
  EXPECT_EQ(told(fingerprint::differences(after[0], after[1])), "") << script;
  return true;
}

TEST(Fingerprint, sees_and_names_every_single_change) {
  auto connection = fixture().deployment.connect();
  const auto all = mutations();
  EXPECT_GE(all.size(), 60u);
  int mended = 0;
  for (const auto& mutation : all) {
    if (connection.server_version() / 10000 < mutation.from) continue;
    SCOPED_TRACE(mutation.says);
    expect(connection.execute("BEGIN"));
    const auto changed =
        connection.execute("SET LOCAL client_min_messages = error;" + filled(mutation.sql, "b") + "RESET ROLE");
    if (!changed) {
      ADD_FAILURE() << changed.error().describe();
      expect(connection.execute("ROLLBACK"));
      continue;
    }
    const auto both = read(connection, {"a", "b"});
    mended += mends(connection, both);
    expect(connection.execute("ROLLBACK"));
    EXPECT_NE(both[0].root, both[1].root);
    const auto differences = fingerprint::differences(both[0], both[1]);
    const bool named = std::ranges::any_of(differences, [&](const Difference& d) {
      const std::string object = d.object.empty() ? d.kind : d.kind + " " + d.object;
      return (object == mutation.object || d.kind == mutation.object) && d.attribute == mutation.attribute;
    });
    if (std::getenv("PGC_MUTATION_TABLE"))
      std::printf("| %s | %s | %s |\n", mutation.says.c_str(), mutation.object.c_str(), mutation.attribute.c_str());
    EXPECT_TRUE(named) << "wanted " << mutation.object << " [" << mutation.attribute << "], found\n"
                       << told(differences);
  }
  EXPECT_GE(mended, 40) << "of " << all.size();
  std::printf("%zu changes, of which %d can be mended\n", all.size(), mended);
}

TEST(Fingerprint, is_as_before_once_a_change_is_undone) {
  auto connection = fixture().deployment.connect();
  const auto before = read(connection, {"a"});
  expect(connection.execute(
      "BEGIN; ALTER TABLE fp_a.reports ADD COLUMN extra integer; CREATE INDEX i ON fp_a.reports (extra); "
      "ALTER TABLE fp_a.reports DROP COLUMN extra"));
  const auto after = read(connection, {"a"});
  expect(connection.execute("ROLLBACK"));
  EXPECT_EQ(told(fingerprint::differences(before[0], after[0])), "");
  EXPECT_EQ(before[0].root, after[0].root);
}

// The newest pg_dump there is; one that is older than the server refuses it.
std::string pg_dump_for(int server_version) {
  for (int major = 30; major >= server_version / 10000; --major)
    if (const std::string path = "/usr/lib/postgresql/" + std::to_string(major) + "/bin/pg_dump";
        std::filesystem::exists(path))
      return path;
  return {};
}

TEST(Fingerprint, survives_a_dump_restored_under_another_name) {
  auto connection = fixture().deployment.connect();
  const std::string dump = pg_dump_for(connection.server_version());
  if (dump.empty()) GTEST_SKIP() << "there is no pg_dump for this server";
  const auto& dsn = fixture().deployment.dsn();
  setenv("PGPASSWORD", std::string(dsn.password.reveal()).c_str(), 1);
  const std::string command = dump + " -s -n fp_a -d \"" + dsn.describe() + "\"";
  std::FILE* pipe = popen(command.c_str(), "r");
  ASSERT_NE(pipe, nullptr);
  std::string text;
  for (char buffer[4096]; std::fgets(buffer, sizeof buffer, pipe);)
    if (buffer[0] != '\\') text += buffer;
  ASSERT_EQ(pclose(pipe), 0);
  for (std::size_t at = text.find("fp_a"); at != std::string::npos; at = text.find("fp_a", at)) {
    const bool role = text.compare(at, 8, "fp_app_a") == 0;
    text.replace(role ? at + 7 : at + 3, 1, "c");
    at += 4;
  }
  auto restoring = fixture().deployment.connect();
  expect(restoring.execute(text));
  // A dump says of a materialized view without rows what it says of one with.
  expect(connection.execute("REFRESH MATERIALIZED VIEW fp_c.counts"));
  const auto both = read(connection, {"a", "c"});
  expect(connection.execute("DROP SCHEMA fp_c CASCADE"));
  EXPECT_EQ(told(fingerprint::differences(both[0], both[1])), "");
  EXPECT_EQ(both[0].root, both[1].root);
}

// The same on 14 to 18: tools/matrix runs this on each. A form that changes on purpose changes kForm and this.
TEST(Fingerprint, is_the_same_on_every_version) {
  auto connection = fixture().deployment.connect();
  const auto one = read(connection, {"a"});
  std::string nodes;
  for (const auto* node : one[0].nodes) {
    nodes += node->kind + " " + node->name;
    for (const auto& attribute : node->attributes) nodes += " [" + attribute.name + "=" + attribute.value + "]";
    nodes += "\n";
  }
  if (const char* path = std::getenv("PGC_FINGERPRINT_NODES")) std::ofstream(path) << nodes;
  EXPECT_EQ(one[0].root, "97e8e64f4a6b6a05a5b60fd4174d897c240fbdd8648f13cc67ec9313d2a9ba80");
}

TEST(Fingerprint, tells_heads_and_missing_schemas) {
  auto connection = fixture().deployment.connect();
  expect(
      connection.execute("BEGIN; CREATE TABLE fp_a.alembic_version (version_num varchar(32) NOT NULL); "
                         "INSERT INTO fp_a.alembic_version VALUES ('b2'), ('a1')"));
  const auto read = expect(
      fingerprint::read_fingerprints(connection, {wanted("a"), {"fp_nowhere", {}}, wanted("b")}, {"alembic_version"}));
  expect(connection.execute("ROLLBACK"));
  ASSERT_EQ(read.size(), 3u);
  EXPECT_EQ(read[0].heads, (std::vector<std::string>{"a1", "b2"}));
  EXPECT_TRUE(read[0].has_version_table);
  EXPECT_FALSE(read[1].present);
  EXPECT_FALSE(read[2].has_version_table);
}

// Five ways to the same schema. Two hundred of each, and none is odd.
TEST(Fingerprint, raises_no_false_alarm_among_a_thousand_that_are_alike) {
  auto connection = fixture().deployment.connect();
  const std::vector<std::string> ways = {
      "CREATE TABLE {S}.a (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state varchar(9) DEFAULT 'new' "
      "CONSTRAINT ck CHECK (state IN ('new', 'old')), at timestamptz NOT NULL DEFAULT now()); "
      "CREATE TABLE {S}.b (a_id bigint NOT NULL CONSTRAINT fk REFERENCES {S}.a, note text, n integer NOT NULL DEFAULT "
      "0); "
      "CREATE INDEX i1 ON {S}.b (a_id); CREATE INDEX i2 ON {S}.b (n) WHERE n > 0; GRANT SELECT ON {S}.a TO {R}, "
      "fp_other",
      "CREATE TABLE {S}.b (a_id bigint, note text, n integer); CREATE INDEX i2 ON {S}.b (n) WHERE (n > 0); "
      "CREATE TABLE {S}.a (id bigint NOT NULL, state varchar(9), at timestamptz); ALTER TABLE {S}.a ALTER id ADD "
      "GENERATED ALWAYS AS IDENTITY, ADD PRIMARY KEY (id), ALTER state SET DEFAULT 'new', ALTER at SET NOT NULL, ALTER "
      "at SET DEFAULT now(); ALTER TABLE {S}.b ALTER n SET DEFAULT 0, ALTER n SET NOT NULL, ALTER a_id SET NOT NULL; "
      "CREATE INDEX i1 ON {S}.b (a_id); ALTER TABLE {S}.b ADD CONSTRAINT fk FOREIGN KEY (a_id) REFERENCES {S}.a; "
      "ALTER TABLE {S}.a ADD CONSTRAINT ck CHECK (state = ANY (ARRAY['new', 'old'])); "
      "GRANT SELECT ON {S}.a TO fp_other; GRANT SELECT ON {S}.a TO {R}",
      "CREATE TABLE {S}.a (gone integer, id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, away text, state "
      "varchar(9) "
      "DEFAULT 'new' CONSTRAINT ck CHECK (state IN ('new', 'old')), at timestamptz NOT NULL DEFAULT now()); ALTER "
      "TABLE "
      "{S}.a DROP gone, DROP away; CREATE TABLE {S}.b (x integer, a_id bigint NOT NULL CONSTRAINT fk REFERENCES {S}.a, "
      "note "
      "text, n integer NOT NULL DEFAULT 0); CREATE INDEX i1 ON {S}.b (a_id, x); ALTER TABLE {S}.b DROP x; CREATE INDEX "
      "i1 "
      "ON {S}.b (a_id); CREATE INDEX i2 ON {S}.b (n) WHERE n > 0; GRANT SELECT ON {S}.a TO {R}, fp_other",
      "CREATE TABLE {S}.a (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY); ALTER TABLE {S}.a ADD state varchar(9) "
      "DEFAULT 'new'; ALTER TABLE {S}.a ADD at timestamptz NOT NULL DEFAULT now(); ALTER TABLE {S}.a ADD CONSTRAINT ck "
      "CHECK (state IN ('new', 'old')) NOT VALID; ALTER TABLE {S}.a VALIDATE CONSTRAINT ck; CREATE TABLE {S}.b (a_id "
      "bigint NOT NULL); ALTER TABLE {S}.b ADD note text; INSERT INTO {S}.a DEFAULT VALUES; INSERT INTO {S}.b VALUES "
      "(1); "
      "ALTER TABLE {S}.b ADD n integer NOT NULL DEFAULT 0; ALTER TABLE {S}.b ADD CONSTRAINT fk FOREIGN KEY (a_id) "
      "REFERENCES {S}.a NOT VALID; ALTER TABLE {S}.b VALIDATE CONSTRAINT fk; CREATE INDEX i2 ON {S}.b (n) WHERE n > 0; "
      "CREATE INDEX i1 ON {S}.b (a_id); GRANT ALL ON {S}.a TO {R}; REVOKE ALL ON {S}.a FROM {R}; GRANT SELECT ON {S}.a "
      "TO "
      "{R}, fp_other",
      "CREATE TABLE {S}.old (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, status varchar(9) DEFAULT 'new' "
      "CONSTRAINT "
      "c CHECK (status IN ('new', 'old')), at timestamptz NOT NULL DEFAULT now()); ALTER TABLE {S}.old RENAME status "
      "TO "
      "state; ALTER TABLE {S}.old RENAME CONSTRAINT c TO ck; ALTER TABLE {S}.old RENAME TO a; ALTER INDEX {S}.old_pkey "
      "RENAME TO a_pkey; ALTER SEQUENCE {S}.old_id_seq RENAME TO a_id_seq; CREATE TABLE {S}.b (a_id bigint NOT NULL "
      "CONSTRAINT fk REFERENCES {S}.a, m text, n integer NOT NULL DEFAULT 0); CREATE INDEX i1 ON {S}.b (a_id); CREATE "
      "INDEX i2 ON {S}.b (n) WHERE n > 0; ALTER TABLE {S}.b RENAME m TO note; ALTER TABLE {S}.a DISABLE TRIGGER ALL; "
      "ALTER TABLE {S}.a ENABLE TRIGGER ALL; GRANT SELECT ON {S}.a TO {R}, fp_other"};
  constexpr int kEach = 200;
  std::vector<std::string> letters;
  for (int round = 0; round < kEach; ++round) {
    std::string script = "BEGIN;";
    for (std::size_t way = 0; way < ways.size(); ++way) {
      letters.push_back("n" + std::to_string(round) + "_" + std::to_string(way));
      std::string sql = "CREATE ROLE {R}; CREATE SCHEMA {S}; " + ways[way] + ";";
      // Their names became those of the table, on 18 those of NOT NULL did not.
      if (way == 4 && connection.server_version() >= 180000)
        sql +=
            "ALTER TABLE {S}.a RENAME CONSTRAINT old_id_not_null TO a_id_not_null; ALTER TABLE {S}.a RENAME CONSTRAINT "
            "old_at_not_null TO a_at_not_null;";
      script += filled(sql, letters.back());
    }
    expect(connection.execute(script + "COMMIT"));
  }
  const auto all = read(connection, letters);
  std::set<std::string> roots;
  for (const auto& one : all) roots.insert(one.root);
  EXPECT_EQ(all.size(), 1000u);
  EXPECT_EQ(roots.size(), 1u);
  for (std::size_t way = 1; way < ways.size(); ++way)
    EXPECT_EQ(told(fingerprint::differences(all[0], all[way])), "") << way;
}

}  // namespace
}  // namespace pgcontract::test
