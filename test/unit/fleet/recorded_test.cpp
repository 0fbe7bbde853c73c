// What was recorded takes the place of what could not be rendered, and only that.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/message.hpp"
#include "fleet/script.hpp"

namespace pgcontract::fleet {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Uuid kScratch = Uuid::parse("1f000000-0000-4000-8000-000000000001").value();
const Uuid kTenant = Uuid::parse("ab000000-0000-4000-8000-000000000002").value();

// a is there, b renders, c does not.
Script made(const Record& record) {
  alembic::RouteStep b, c;
  b.revision = "b";
  b.from = {"a"};
  b.to = b.rows_after = {"b"};
  b.rows.updated = {"a", "b"};
  c.revision = "c";
  c.from = {"b"};
  c.to = c.rows_after = {"c"};
  c.rows.updated = {"b", "c"};
  const Render render = [](const std::vector<std::string>&) -> Result<Printed> {
    return Printed{1,
                   "BEGIN;\n\n-- Running upgrade a -> b\n\nALTER TABLE t ADD b int;\n\nUPDATE alembic_version SET "
                   "version_num='b' WHERE alembic_version.version_num = 'a';\n\n-- Running upgrade b -> c\n\n",
                   "AttributeError: no connection"};
  };
  return make_script({"a"}, {b, c}, "", "alembic_version", render, record).value();
}

Recorded heard() {
  Recorded recorded;
  recorded.scratch = kScratch;
  RecordedRevision c;
  c.statements = {{fmt::format("COMMENT ON TABLE t IS '{}'", kScratch.canonical()), true, 3},
                  {fmt::format("CREATE INDEX CONCURRENTLY i ON tenant_{}.t (b)", kScratch.hex()), false, 3},
                  {"ALTER TABLE t ADD c int", true, 4}};
  c.rows_at = 3;
  c.rows_transaction = 4;
  recorded.revisions.emplace("c", c);
  return recorded;
}

TEST(Recorded, IsSentWithEachTenantsName) {
  int asked = 0;
  const Script script = made([&]() -> Result<Recorded> {
    ++asked;
    return heard();
  });
  EXPECT_EQ(asked, 1);
  ASSERT_EQ(script.parts.size(), 4U);
  EXPECT_FALSE(script.parts[0].recorded);
  EXPECT_EQ(script.parts[0].rows_after, std::vector<std::string>{"b"});
  for (const std::size_t i : {1, 2, 3}) {
    EXPECT_TRUE(script.parts[i].recorded);
    EXPECT_THAT(script.parts[i].reason, HasSubstr("no connection"));
  }
  EXPECT_EQ(script.parts[1].mode, Mode::Transaction);
  EXPECT_EQ(script.parts[2].mode, Mode::Autocommit);
  EXPECT_EQ(script.parts[3].rows_after, std::vector<std::string>{"c"});
  FleetSchema schema;
  schema.name = "tenant_" + kTenant.hex();
  schema.tenant = kTenant;
  schema.has_table = true;
  const Message message = transaction_message(script, 1, schema, {"alembic_version", "", "", 1000}, 1, false);
  EXPECT_THAT(message.text, HasSubstr(kTenant.canonical()));
  EXPECT_THAT(message.text, Not(HasSubstr(kScratch.canonical())));
  EXPECT_EQ(text_for(script.parts[2].statements[0], "", kTenant),
            fmt::format("CREATE INDEX CONCURRENTLY i ON tenant_{}.t (b)", kTenant.hex()));
}

TEST(Recorded, LeavesToAlembicWhatWasRefusedOrNotHeard) {
  const Script refused = made([]() -> Result<Recorded> {
    Recorded recorded = heard();
    recorded.revisions.at("c").refused = "it reads rows of t";
    return recorded;
  });
  ASSERT_EQ(refused.parts.size(), 2U);
  EXPECT_EQ(refused.parts[1].mode, Mode::Delegate);
  EXPECT_THAT(refused.parts[1].reason, HasSubstr("it cannot be recorded: it reads rows of t"));
  const Script failed = made([]() -> Result<Recorded> { return fail(ErrorCode::Permission, "no CREATEDB"); });
  EXPECT_EQ(failed.parts[1].mode, Mode::Delegate);
  EXPECT_THAT(failed.parts[1].reason, HasSubstr("no connection; it cannot be recorded: no CREATEDB"));
  const Script none = made({});
  EXPECT_EQ(none.parts[1].mode, Mode::Delegate);
  EXPECT_THAT(none.parts[1].reason, Not(HasSubstr("recorded")));
}

}  // namespace
}  // namespace pgcontract::fleet
