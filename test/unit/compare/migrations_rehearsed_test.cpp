// The clauses on revisions that are judged from the evidence of `migrate check`, and from recorded releases.
#include "unit/compare/literal_world.hpp"

namespace pgcontract::compare {
namespace {

struct RehearsedWorld : LiteralWorld {
  RehearsedWorld() {
    contract.migrations.emplace();
    seen.migrations = {};
    seen.server.database = "app";
    seen.server.version_num = 150020;
    seen.migrations.digest = "d1";
    seen.migrations.tenant.section = "tenant";
    seen.migrations.tenant.revisions = {{"aa", {}, {}, {}, "", "versions/aa.py", 7, "s1"}};
    seen.evidence.push_back({"migration_check", "app", "2026-11-01", {"files=d1", "server=15.19"}});
  }
  Evidence& run() { return seen.evidence.front(); }
};

TEST(Rehearsed, holds_by_a_run_over_these_files) {
  RehearsedWorld world;
  for (const char* clause : {"reversible", "idempotent", "lock_safe", "models_match"})
    EXPECT_EQ(world.judged(std::string("migrations.") + clause).verdict, Verdict::Holds) << clause;
  EXPECT_EQ(world.judged("migrations.reversible").reason, "1 revision tried on 2026-11-01 on PostgreSQL 15.19");
}

TEST(Rehearsed, is_unknown_without_a_run_of_these_files_on_this_major_version) {
  RehearsedWorld world;
  world.seen.migrations.digest = "d2";
  EXPECT_EQ(world.judged("migrations.reversible").reason,
            "the revisions were tried on 2026-11-01, and their files have changed since: pgcontract migrate check");
  world.seen.migrations.digest = "d1";
  world.seen.server.version_num = 160004;
  EXPECT_EQ(world.judged("migrations.lock_safe").reason,
            "the revisions were tried on 2026-11-01 on PostgreSQL 15.19, and this is 16: pgcontract migrate check");
  world.run().subject = "another";
  EXPECT_EQ(world.judged("migrations.idempotent").reason,
            "the revisions were never tried here: pgcontract migrate check");
  world.seen.migrations.digest = "";
  world.run().subject = "app";
  EXPECT_EQ(world.judged("migrations.idempotent").verdict, Verdict::Unknown);
}

TEST(Rehearsed, each_clause_reads_its_own_words) {
  RehearsedWorld world;
  world.run().detail.push_back("reversible broken tenant/aa=the downgrade fails: x = 1");
  world.run().detail.push_back("idempotent untested tenant/aa=Alembic itself runs the revision");
  world.run().detail.push_back("models broken tenant=autogenerate would add: op.x()");
  const auto reversible = world.judged("migrations.reversible");
  ASSERT_EQ(reversible.findings.size(), 1u);
  EXPECT_EQ(reversible.findings[0].subject.label(), "tenant/aa");
  EXPECT_EQ(reversible.findings[0].message, "the downgrade fails: x = 1");
  EXPECT_EQ(reversible.findings[0].where, "versions/aa.py:7");
  EXPECT_EQ(world.judged("migrations.idempotent").reason,
            "1 revision could not be tried: tenant/aa: Alembic itself runs the revision");
  EXPECT_EQ(world.judged("migrations.lock_safe").verdict, Verdict::Holds);
  EXPECT_EQ(world.judged("migrations.models_match").findings.at(0).subject.kind, "history");
}

TEST(Released, every_text_that_a_revision_had_is_compared_with_its_file) {
  RehearsedWorld world;
  EXPECT_EQ(world.judged("migrations.unedited_after_release").verdict, Verdict::Unknown);
  world.seen.evidence.push_back({"revision", "tenant/aa", "2026-10-01", {"sha256=s1", "file=versions/aa.py"}});
  EXPECT_EQ(world.judged("migrations.unedited_after_release").verdict, Verdict::Holds);
  world.seen.evidence.push_back({"revision", "tenant/aa", "2026-10-09", {"sha256=s2", "file=versions/aa.py"}});
  const auto edited = world.judged("migrations.unedited_after_release");
  ASSERT_EQ(edited.findings.size(), 1u);
  EXPECT_EQ(edited.findings[0].message, "was released on 2026-10-09 with the sha256 s2…, and its file has s1… now");
  EXPECT_EQ(edited.findings[0].where, "versions/aa.py:7");
}

TEST(Released, a_revision_that_no_file_has_is_another_clauses_business) {
  RehearsedWorld world;
  world.seen.evidence.push_back({"revision", "tenant/bb", "2026-10-01", {"sha256=s1"}});
  EXPECT_EQ(world.judged("migrations.unedited_after_release").verdict, Verdict::Unknown);
}

}  // namespace
}  // namespace pgcontract::compare
