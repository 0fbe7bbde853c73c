// The contract asks for migrations that can be run again and taken back.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "lint/lint.hpp"
#include "lint/rules/subjects.hpp"

namespace pgcontract::lint {
namespace {

std::string place(const ActContext& c, const std::string& word) {
  return c.statement.where(*c.revision.input, c.revision.outline.upgrade, {word});
}

// Why the act fails, or does its work twice, when the revision is run again; empty where it does not.
std::string unrepeatable(const Act& act) {
  if (act.guarded || act.temporary) return {};
  switch (act.kind) {
    case ActKind::CreateTable: return "CREATE TABLE without IF NOT EXISTS";
    case ActKind::CreateIndex: return "CREATE INDEX without IF NOT EXISTS";
    case ActKind::AddColumn: return "ADD COLUMN without IF NOT EXISTS";
    case ActKind::DropColumn: return "DROP COLUMN without IF EXISTS";
    case ActKind::DropKey: return "DROP CONSTRAINT without IF EXISTS";
    case ActKind::Drop: return "DROP without IF EXISTS";
    case ActKind::AddKey:
      return "ADD CONSTRAINT, which knows no IF NOT EXISTS, without DROP CONSTRAINT IF EXISTS before";
    case ActKind::CreatePolicy: return "CREATE POLICY without DROP POLICY IF EXISTS before";
    case ActKind::CreateTrigger: return "CREATE TRIGGER without OR REPLACE, or DROP TRIGGER IF EXISTS before";
    case ActKind::CreateView: return "CREATE VIEW without OR REPLACE";
    case ActKind::CreateOther: return fmt::format("CREATE {} a second time", act.object);
    case ActKind::EnumValue: return "ADD VALUE without IF NOT EXISTS";
    case ActKind::Insert: return act.from_query ? "" : "INSERT without ON CONFLICT";
    case ActKind::Rename: return act.object == "enum value" ? "RENAME VALUE" : "RENAME";
    case ActKind::Attach: return "ATTACH PARTITION";
    case ActKind::Detach: return "DETACH PARTITION";
    default: return {};
  }
}

void not_repeatable(const RevisionContext& c, Founds& out) {
  std::set<std::string> dropped;  // by IF EXISTS, in this revision
  c.each_act([&](const ActContext& at) {
    const Act& act = at.act;
    const std::string owner = at.label();
    if (act.guarded && act.kind == ActKind::DropKey) dropped.insert(owner + " " + act.name);
    if (act.guarded && act.kind == ActKind::Drop) dropped.insert(owner + " " + act.name);
    std::string why = unrepeatable(act);
    if (why.empty()) return;
    std::string name = act.name;
    if (act.kind == ActKind::AddKey && !act.keys.empty()) name = act.keys.front().name;
    const bool replaced =
        dropped.contains(owner + " " + name) ||
        (act.kind == ActKind::CreateIndex && dropped.contains(act.name + " ")) ||
        ((act.kind == ActKind::CreateTable || act.kind == ActKind::CreateOther || act.kind == ActKind::CreateView) &&
         dropped.contains(owner + " "));
    // What is put on a table that is itself only made where it is missing fails with it or not at all.
    if (replaced) return;
    out.push_back({.message = fmt::format("{}: it cannot be run again", why),
                   .table = owner,
                   .part = act.column.empty() ? name : act.column,
                   .where = place(at, name.empty() ? act.relation.name : name)});
  });
}

void no_way_back(const RevisionContext& c, Founds& out) {
  const Revision& revision = *c.revision.input->revision;
  const auto& outline = c.revision.outline;
  const bool does_nothing = outline.upgrade.shape == BodyShape::Empty || outline.upgrade.shape == BodyShape::Missing;
  if (does_nothing && c.revision.statements.empty()) return;  // a merge
  if (outline.downgrade.shape == BodyShape::Works) return;
  const std::string_view what = outline.downgrade.shape == BodyShape::Empty    ? "downgrade() does nothing"
                                : outline.downgrade.shape == BodyShape::Raises ? "downgrade() raises"
                                                                               : "there is no downgrade()";
  out.push_back({.message = fmt::format("{}: what upgrade() did cannot be taken back", what),
                 .where = fmt::format("{}:{}", revision.file, outline.downgrade.line)});
}

void not_rendered(const RevisionContext& c, Founds& out) {
  if (!c.revision.input->not_rendered.empty())
    out.push_back({.message = fmt::format("no SQL to look at: {}", c.revision.input->not_rendered),
                   .where = fmt::format("{}:{}", c.revision.input->revision->file, c.revision.outline.upgrade.line)});
}

void not_analysed(const RevisionContext& c, Founds& out) {
  for (const auto& statement : c.revision.statements)
    if (!statement.parsed.not_analysed.empty())
      out.push_back({.message = fmt::format("not analysed: {}", statement.parsed.not_analysed),
                     .where = statement.where(*c.revision.input, c.revision.outline.upgrade, {})});
}

}  // namespace

std::span<const Rule> repeat_rules() {
  static const Rule kRules[] = {
      {.id = "lint.irreversible",
       .title = "each revision can be taken back",
       .why = "The contract asks for reversible operations. A downgrade that is empty moves the version row and leaves "
              "the "
              "rest; the next upgrade then fails over what is still there.",
       .instead = "Write downgrade(); where rows are lost for good, let it restore the shape and say so.",
       .severity = Severity::Error,
       .revision = no_way_back},
      {.id = "lint.not_idempotent",
       .title = "each revision can be run again",
       .why =
           "The contract asks for idempotency. A revision that was cut off between two transactions, or a schema where "
           "somebody was faster, is mended by running it again, if it can be.",
       .instead = "IF [NOT] EXISTS, OR REPLACE, ON CONFLICT; DROP … IF EXISTS before what has none of them. Alembic: "
                  "op.create_table(…, if_not_exists=True), op.create_index(…, if_not_exists=True), else op.execute().",
       .severity = Severity::Error,
       .revision = not_repeatable},
      {.id = "lint.not_rendered",
       .title = "each revision can be rendered as SQL",
       .why = "A revision that looks at the database while it runs cannot be reviewed, linted or sent to a thousand "
              "schemas; it is left to Alembic, one process a schema.",
       .instead = "SQL that decides by itself (IF NOT EXISTS, INSERT … SELECT, DO), no op.get_bind().",
       .severity = Severity::Warning,
       .revision = not_rendered},
      {.id = "lint.not_analysed",
       .title = "each statement is understood",
       .why =
           "The grammar here is that of PostgreSQL 15, and bodies in a language of their own are not looked into. What "
           "was not analysed was not judged.",
       .instead = "Read it yourself, or let `migrate check` observe on a server what it locks.",
       .severity = Severity::Note,
       .revision = not_analysed},
  };
  return kRules;
}

}  // namespace pgcontract::lint
