#include "fleet/doubt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pgcontract::fleet {
namespace {

std::string revision(const std::string& body) {
  return "\"\"\"what it does\n\nCreate Date:\t2026-01-01\n\"\"\"\nfrom alembic import op\nimport sqlalchemy as sa\n"
         "revision = 'a'\n\n\ndef upgrade():\n    " +
         body + "\n";
}
std::string reason(const std::string& body) {
  const auto doubt = doubt_of_source(revision(body));
  return doubt ? doubt->reason : "";
}

TEST(Doubt, LetsPassWhatIsRenderedAsItRuns) {
  for (const std::string body :
       {"op.execute(\"INSERT INTO t SELECT now(), random(), gen_random_uuid()\")",
        "op.get_bind().execute(sa.text('x'))",
        "op.add_column('t', sa.Column('at', sa.DateTime, server_default=sa.func.now()))", "op.execute('a' 'b')",
        "with op.get_context().autocommit_block():\n        op.execute('CREATE INDEX CONCURRENTLY i ON t (a)')",
        "for table in ('a', 'b'): op.execute(f'DROP TABLE {table}')", "bind = op.get_bind()\n    bind.execute('x')",
        "op.execute(r'SELECT 1')  # bulk_insert, uuid4", "if True:\n        op.execute(sa.text('x')\n)"})
    EXPECT_EQ(reason(body), "") << body;
}

TEST(Doubt, SeesWhatIsMadeAnewInEachRun) {
  for (const std::string body :
       {"op.execute(f\"INSERT INTO t VALUES ('{secrets.token_hex()}')\")", "x = uuid.uuid4()", "x = datetime.now()",
        "x = datetime.utcnow()", "x = random.choice([1])", "x = os.environ['X']", "x = time.time()"}) {
    const auto doubt = doubt_of_source(revision(body));
    ASSERT_TRUE(doubt) << body;
    EXPECT_TRUE(doubt->own_values) << body;
  }
}

TEST(Doubt, SeesWhatIsPrintedOtherwiseThanItIsSent) {
  EXPECT_THAT(reason("op.bulk_insert(t, [{'p': 1}])"), testing::HasSubstr("bulk_insert() is rendered without"));
  EXPECT_THAT(reason("op.execute(t.insert().values(a=1))"), testing::HasSubstr("insert()"));
  EXPECT_THAT(reason("op.execute('''SELECT\n\t1''')"), testing::HasSubstr("tab"));
  EXPECT_THAT(reason("op.execute('a\\tb')"), testing::HasSubstr("tab"));
  EXPECT_THAT(reason("op.execute(f'a\\tb')"), testing::HasSubstr("tab"));
  EXPECT_EQ(reason("op.execute(r'a\\tb')"), "") << "a backslash and a letter";
  EXPECT_THAT(reason("op.execute(open('x.sql').read())"), testing::HasSubstr("reads a file"));
  EXPECT_THAT(reason("if context.is_offline_mode(): pass"), testing::HasSubstr("offline"));
  EXPECT_TRUE(doubt_of_rendered("SELECT E'\\\\d'"));
  EXPECT_TRUE(doubt_of_rendered("SELECT format('%%I', 1)"));
  EXPECT_FALSE(doubt_of_rendered("SELECT format('%I', '\\d')"));
}

TEST(Doubt, SeesAnswersThatAreLookedAt) {
  for (const std::string body : {"found = bind.execute(q)\n    if found is None: pass", "if bind.execute(q): pass",
                                 "for r in bind.execute(q): pass", "bind.execute(q).scalar()",
                                 "x = list(bind.execute(q))", "return bind.execute(q)"})
    EXPECT_THAT(reason(body), testing::HasSubstr("looks at what the database answers")) << body;
}

TEST(Doubt, KnowsWhoCallsOtherFiles) {
  EXPECT_FALSE(imports_others(revision("pass")));
  EXPECT_TRUE(imports_others(revision("from stratmaster_api import names")));
  EXPECT_TRUE(imports_others("import os\n"));
}

}  // namespace
}  // namespace pgcontract::fleet
