// From what was heard to the statements of each revision.
#include "record/revisions.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgcontract::record {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const Uuid kOurs = Uuid::parse("1f000000-0000-4000-8000-000000000001").value();
const Uuid kTheirs = Uuid::parse("2f000000-0000-4000-8000-000000000002").value();

Surroundings surroundings() { return {"tenant_" + kOurs.hex(), "alembic_version", "pgc_owner", {"public"}}; }

alembic::Route route() {
  alembic::RouteStep a, b;
  a.revision = "a";
  a.rows.inserted = {"a"};
  b.revision = "b";
  b.rows.updated = {"a", "b"};
  return {a, b};
}

constexpr const char* kToA = "INSERT INTO alembic_version (version_num) VALUES ('a')";
constexpr const char* kToB = "UPDATE alembic_version SET version_num='b' WHERE alembic_version.version_num = 'a'";

// Each statement a message of its own, in one session; "!" in front: it failed.
Transcript said(const std::vector<std::string>& statements, int session = 1) {
  Transcript out;
  bool open = false;
  for (const auto& text : statements) {
    Sent sent;
    sent.session = session;
    sent.message = static_cast<int>(out.statements.size()) + 1;
    sent.failed = text.starts_with('!');
    sent.finished = !sent.failed;
    sent.text = text.substr(sent.failed ? 1 : 0);
    sent.in_transaction = open;
    if (text.starts_with("BEGIN")) open = true;
    if (text == "COMMIT" || text == "ROLLBACK") open = false;
    out.statements.push_back(sent);
  }
  return out;
}

std::vector<std::string> texts(const fleet::RecordedRevision& revision) {
  std::vector<std::string> out;
  for (const auto& s : revision.statements)
    out.push_back((s.transactional ? std::to_string(s.transaction) : "-") + " " + s.text);
  return out;
}

TEST(Revisions, EndWhereTheirRowsAreMoved) {
  const auto made = revisions_of(
      said({"BEGIN", "SELECT version()", "ROLLBACK", "BEGIN", "CREATE TABLE t ()", kToA, "ALTER TABLE t ADD c int",
            "COMMIT", "CREATE INDEX CONCURRENTLY i ON t (c)", "BEGIN", kToB, "COMMIT"}),
      route(), surroundings());
  ASSERT_TRUE(made);
  EXPECT_THAT(texts(made->at("a")), ElementsAre("2 CREATE TABLE t ()"));
  EXPECT_EQ(made->at("a").rows_transaction, 2);
  EXPECT_THAT(texts(made->at("b")), ElementsAre("2 ALTER TABLE t ADD c int", "- CREATE INDEX CONCURRENTLY i ON t (c)"));
  EXPECT_EQ(made->at("b").rows_at, 2U);
  EXPECT_EQ(made->at("b").rows_transaction, 3);
}

TEST(Revisions, LeaveOutWhatWasRolledBack) {
  const auto made = revisions_of(
      said({"BEGIN", "CREATE TABLE gone ()", "ROLLBACK", "BEGIN", "SAVEPOINT s", "CREATE TABLE tried ()",
            "!CREATE TABLE failed ()", "ROLLBACK TO SAVEPOINT s", "CREATE TABLE kept ()", "RELEASE SAVEPOINT s",
            "SAVEPOINT s", "CREATE TABLE too ()", "RELEASE SAVEPOINT s", kToA, kToB, "COMMIT"}),
      route(), surroundings());
  ASSERT_TRUE(made);
  EXPECT_THAT(texts(made->at("a")), ElementsAre("2 CREATE TABLE kept ()", "2 CREATE TABLE too ()"));
}

TEST(Revisions, RefuseWhatWasReadEvenWhereItWasRolledBack) {
  const auto made = revisions_of(
      said({"BEGIN", kToA, "SAVEPOINT s", "SELECT * FROM reports", "ROLLBACK TO SAVEPOINT s", kToB, "COMMIT"}), route(),
      surroundings());
  ASSERT_TRUE(made);
  EXPECT_EQ(made->at("a").refused, "");
  EXPECT_THAT(made->at("b").refused, HasSubstr("reads rows of reports"));
}

TEST(Revisions, CannotBeToldApartWhereSessionsMixOrRowsAreOthers) {
  const auto why = [](const Transcript& transcript) {
    const auto made = revisions_of(transcript, route(), surroundings());
    return made ? std::string("made") : made.error().message;
  };
  EXPECT_THAT(why(said({"CREATE TABLE t ()"})), HasSubstr("was not heard to move"));
  EXPECT_THAT(why(said({kToA})), HasSubstr("the rows of b"));
  EXPECT_THAT(why(said({kToB, kToA})), HasSubstr("otherwise than for a"));
  EXPECT_THAT(why(said({kToA, kToB, "GRANT SELECT ON t TO x"})), HasSubstr("behind the last revision"));
  Transcript two = said({kToA, kToB});
  const Transcript second = said({"CREATE TABLE elsewhere ()"}, 2);
  two.statements.insert(two.statements.end(), second.statements.begin(), second.statements.end());
  EXPECT_THAT(why(two), HasSubstr("second session"));
}

TEST(Revisions, OfTwoRunsAreTheSameButForTheTenant) {
  const auto of = [](const Uuid& tenant, const std::string& last) {
    const Surroundings where{"tenant_" + tenant.hex(), "alembic_version", "pgc_owner", {}};
    return revisions_of(said({"BEGIN", "COMMENT ON SCHEMA tenant_" + tenant.hex() + " IS '" + tenant.canonical() + "'",
                              kToA, last, kToB, "COMMIT"}),
                        route(), where)
        .value();
  };
  auto ours = of(kOurs, "CREATE TABLE t ()");
  hold_against(ours, kOurs, of(kTheirs, "CREATE TABLE t ()"), kTheirs);
  EXPECT_EQ(ours.at("a").refused + ours.at("b").refused, "");
  hold_against(ours, kOurs, of(kTheirs, "CREATE TABLE u ()"), kTheirs);
  EXPECT_EQ(ours.at("a").refused, "");
  EXPECT_THAT(ours.at("b").refused, HasSubstr("something else when it is run again"));
}

TEST(Revisions, MayNameTheTenantOnlyAsItIsReplaced) {
  const auto refused = [](const std::string& statement) {
    auto made = revisions_of(said({"BEGIN", kToA, statement, kToB, "COMMIT"}), route(), surroundings()).value();
    refuse_mentions(made, kOurs, "pgcontract_disposable_1");
    return made.at("b").refused;
  };
  EXPECT_EQ(refused("CREATE TABLE tenant_" + kOurs.hex() + ".t ()"), "");
  EXPECT_THAT(refused("COMMENT ON TABLE t IS '1F000000000040008000000000000001'"), HasSubstr("a spelling of its own"));
  EXPECT_THAT(refused("GRANT CONNECT ON DATABASE pgcontract_disposable_1 TO x"), HasSubstr("names the database"));
}

}  // namespace
}  // namespace pgcontract::record
