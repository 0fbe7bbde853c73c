// Which line of a revision a statement comes from.
#include "lint/outline.hpp"

#include <gtest/gtest.h>

#include "lint/parse.hpp"

namespace pgcontract::lint {
namespace {

constexpr std::string_view kRevision = R"py(from alembic import op


def share(table):
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")


def upgrade() -> None:
    """Two tables."""
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer()),
        sa.Column("title", sa.Text()),
    )
    op.create_index("ix_reports", "reports", ["title"])
    op.execute(
        """
        ALTER TABLE reports
          ADD COLUMN IF NOT EXISTS slug text
        """
    )
    share("reports")
    op.execute("CREATE TABLE owners (id int)")


def downgrade() -> None: pass
)py";

int line(Placer& placer, const Outline& outline, const std::string& sql, const std::vector<std::string>& words = {}) {
  return line_of(outline.upgrade, placer.place(parse_statement(sql)), words);
}

TEST(Outline, PlacesStatementsInTheirOrder) {
  const Outline outline = outline_of(kRevision);
  EXPECT_EQ(outline.upgrade.line, 8);
  EXPECT_EQ(outline.downgrade.line, 26);
  Placer placer(outline.upgrade);
  EXPECT_EQ(line(placer, outline, "CREATE TABLE reports (id int, title text)"), 10);
  EXPECT_EQ(line(placer, outline, "CREATE INDEX ix_reports ON reports (title)"), 15);
  EXPECT_EQ(line(placer, outline, "ALTER TABLE reports\n ADD COLUMN IF NOT EXISTS slug text"), 16);
  EXPECT_EQ(line(placer, outline, "ALTER TABLE reports ENABLE ROW LEVEL SECURITY"), 16)
      << "the nearest line that names the table";
  EXPECT_EQ(line(placer, outline, "CREATE TABLE owners (id int)"), 23);
  EXPECT_EQ(line(placer, outline, "VACUUM nobody"), 8) << "of def, where nothing names it";
}

TEST(Outline, FindsTheLineOfAPartWithinAStatement) {
  const Outline outline = outline_of(kRevision);
  Placer placer(outline.upgrade);
  EXPECT_EQ(line(placer, outline, "CREATE TABLE reports (id int, title text)", {"title"}), 13);
  EXPECT_EQ(line(placer, outline, "ALTER TABLE reports ADD COLUMN IF NOT EXISTS slug text", {"slug"}), 19);
}

TEST(Outline, TellsADowngradeThatDoesNothing) {
  const auto shape = [](std::string body) { return outline_of("def downgrade():\n" + body).downgrade.shape; };
  EXPECT_EQ(outline_of(kRevision).downgrade.shape, BodyShape::Empty);
  EXPECT_EQ(shape("    pass\n"), BodyShape::Empty);
  EXPECT_EQ(shape("    \"\"\"no way back\"\"\"\n    ...\n"), BodyShape::Empty);
  EXPECT_EQ(shape("    return\n"), BodyShape::Empty);
  EXPECT_EQ(shape("    raise NotImplementedError\n"), BodyShape::Raises);
  EXPECT_EQ(shape("    op.drop_table('reports')\n"), BodyShape::Works);
  EXPECT_EQ(outline_of("def upgrade():\n    pass\n").downgrade.shape, BodyShape::Missing);
}

}  // namespace
}  // namespace pgcontract::lint
