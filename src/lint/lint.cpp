#include "lint/lint.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "lint/effects.hpp"
#include "lint/parse.hpp"
#include "lint/waive.hpp"
#include "lint/weigh.hpp"

namespace pgcontract::lint {
namespace {

std::vector<const Act*> acts_of(const PreparedRevision& revision) {
  std::vector<const Act*> acts;
  for (const auto& statement : revision.statements)
    for (const auto& act : statement.parsed.acts) acts.push_back(&act);
  return acts;
}

PreparedRevision prepare(const RevisionInput& input) {
  PreparedRevision out;
  out.input = &input;
  out.outline = outline_of(input.source);
  out.statements.reserve(input.statements.size());
  for (const auto& statement : input.statements)
    out.statements.push_back(
        {parse_statement(statement.text), statement.transactional, statement.transaction, -1, statement.effect});
  return out;
}

std::string origin_of(const PreparedRevision& revision, const PlacedStatement& statement) {
  std::vector<std::string> words;
  for (const auto& act : statement.parsed.acts) words.push_back(act.relation.name);
  return statement.where(*revision.input, revision.outline.upgrade, words);
}

// A column's or key's own line within a statement of many lines.
Tables::OriginOf origins_of(const PreparedRevision& revision, const PlacedStatement& statement, const Act& act) {
  return [&](std::string_view part) {
    const std::string& telling = !act.column.empty() ? act.column : act.name;
    return Origin{revision.input->revision->id, statement.where(*revision.input, revision.outline.upgrade,
                                                                {std::string(part), telling, act.relation.name})};
  };
}

// One history, its rules' findings by rule.
class Run {
 public:
  Run(const HistoryInput& history, const Asked& asked, std::vector<Founds>& founds)
      : history_(history), asked_(asked), founds_(founds), tables_(history.schema) {
    if (history.live && history.begins_at_live)
      tables_ = Tables::of_catalog(*history.live, history.live_schema, history.schema);
  }

  const Tables& tables() const { return tables_; }

  void run() {
    each([&](const Rule& rule, Founds& out) {
      if (rule.history) rule.history({history_, asked_}, out);
    });
    for (const auto& input : history_.revisions) judge_revision(input);
    judge_tables();
  }

 private:
  template <typename Visit>
  void each(const Visit& visit) {
    const auto all = rules();
    for (std::size_t i = 0; i < all.size(); ++i) visit(all[i], founds_[i]);
  }

  void judge_revision(const RevisionInput& input) {
    PreparedRevision revision = prepare(input);
    Placer placer(revision.outline.upgrade);
    const auto acts = acts_of(revision);
    Tables around = tables_.around(acts);
    for (auto& statement : revision.statements) {
      statement.source_line = placer.place(statement.parsed);
      for (const auto& act : statement.parsed.acts)
        if (act.kind == ActKind::CreateTable && !around.find(act.relation))
          revision.made.insert(around.label(act.relation));
    }
    if (input.judged) {
      judge_whole(revision, around);
      judge_acts(revision, around);
    }
    for (const auto& statement : revision.statements)
      for (const auto& act : statement.parsed.acts) tables_.play(act, origins_of(revision, statement, act));
  }

  void judge_whole(const PreparedRevision& revision, const Tables& around) {
    const RevisionContext context{history_, revision, around, [&](const auto& visit) {
                                    Tables now = around;
                                    for (const auto& statement : revision.statements)
                                      for (const auto& act : statement.parsed.acts) {
                                        visit(ActContext{history_, revision, statement, act, now});
                                        now.play(act, Origin{revision.input->revision->id, ""});
                                      }
                                  }};
    each([&](const Rule& rule, Founds& out) {
      if (!rule.revision) return;
      const std::size_t first = out.size();
      rule.revision(context, out);
      complete(out, first, revision, "");
    });
  }

  void judge_acts(const PreparedRevision& revision, Tables& now) {
    std::vector<std::string> told;  // tables that findings claim something of, in this statement
    for (const auto& statement : revision.statements) {
      told.clear();
      for (const auto& act : statement.parsed.acts) {
        const ActContext context{history_, revision, statement, act, now};
        each([&](const Rule& rule, Founds& out) {
          if (!rule.act) return;
          const std::size_t first = out.size();
          rule.act(context, out);
          for (std::size_t i = first; i < out.size(); ++i)
            if (out[i].where.empty())
              out[i].where = statement.where(*revision.input, revision.outline.upgrade,
                                             {out[i].part, out[i].table, act.relation.name});
          complete(out, first, revision, origin_of(revision, statement));
          if (rule.claim == Claim::None) return;
          if (is_observed(statement.effect)) confirm(rule.claim, *statement.effect, asked_.observed_on, first, out);
          for (std::size_t i = first; i < out.size(); ++i) told.push_back(out[i].table);
        });
        now.play(act, origins_of(revision, statement, act));
      }
      if (statement.effect)
        judge_observed(*statement.effect, told, revision, statement.parsed, now, origin_of(revision, statement));
    }
    if (revision.input->effect) judge_observed(*revision.input->effect, {}, revision, {}, now, "");
  }

  // What nobody could tell from the text.
  void judge_observed(const StatementEffect& effect, const std::vector<std::string>& told,
                      const PreparedRevision& revision, const Statement& statement, const Tables& now,
                      const std::string& where) {
    const auto all = rules();
    const auto rule = std::ranges::find(all, kObservedRule, &Rule::id);
    Founds& out = founds_[static_cast<std::size_t>(rule - all.begin())];
    const std::size_t first = out.size();
    for (auto& found : surprises(effect, statement, now, asked_.observed_on))
      if (std::ranges::find(told, found.table) == told.end()) out.push_back(std::move(found));
    complete(out, first, revision, where);
  }

  static void complete(Founds& out, std::size_t first, const PreparedRevision& revision, const std::string& where) {
    for (std::size_t i = first; i < out.size(); ++i) {
      Found& found = out[i];
      if (found.kind.empty() && found.revision.empty()) found.revision = revision.input->revision->id;
      if (found.where.empty())
        found.where =
            where.empty() ? fmt::format("{}:{}", revision.input->revision->file, revision.outline.upgrade.line) : where;
    }
  }

  bool is_judged(const std::string& revision) const {
    return std::ranges::any_of(
        history_.revisions, [&](const RevisionInput& input) { return input.judged && input.revision->id == revision; });
  }

  // What the revisions lead to; and, where they began at nothing, what is live besides.
  void judge_tables() {
    each([&](const Rule& rule, Founds& out) {
      if (!rule.table) return;
      const std::size_t first = out.size();
      for (const auto& [label, table] : tables_.all()) rule.table({history_, table, tables_}, out);
      const auto kept = std::remove_if(out.begin() + static_cast<long>(first), out.end(), [&](const Found& found) {
        return !found.revision.empty() && !is_judged(found.revision);
      });
      out.erase(kept, out.end());
    });
    if (!history_.live || history_.begins_at_live) return;
    const Tables live = Tables::of_catalog(*history_.live, history_.live_schema, history_.schema);
    each([&](const Rule& rule, Founds& out) {
      if (!rule.table) return;
      Founds more;
      for (const auto& [label, table] : live.all()) rule.table({history_, table, live}, more);
      for (auto& found : more) {
        const bool known = std::ranges::any_of(out, [&](const Found& f) {
          return f.table == found.table && (f.part == found.part || f.part.empty() || found.part.empty());
        });
        // A table that revisions make and that were not asked for is judged with them.
        if (!known) out.push_back(std::move(found));
      }
    });
  }

  const HistoryInput& history_;
  const Asked& asked_;
  std::vector<Founds>& founds_;
  Tables tables_;
};

Finding finding_of(const Rule& rule, Found found, const HistoryInput& history) {
  Finding finding;
  finding.clause = rule.id;
  finding.where = std::move(found.where);
  finding.consider = std::move(found.consider);
  const std::string table = found.table;
  if (!found.kind.empty()) {
    finding.subject = {found.kind, "", table, ""};
  } else if (found.revision.empty()) {
    finding.subject = {"table", history.schema, table, found.part};
    found.part.clear();
  } else {
    finding.subject = {"revision", "", table.empty() ? found.revision : found.revision + ":" + table, ""};
  }
  finding.message = found.part.empty() ? found.message : found.part + ": " + found.message;
  finding.severity = found.severity.value_or(rule.severity);
  if (rule.weighed && !found.severity) weigh(finding, table, history);
  return finding;
}

ClauseResult result_of(const Rule& rule, std::vector<Finding> findings, bool strict) {
  ClauseResult result{std::string(rule.id), std::string(rule.title), Verdict::Holds, "", std::move(findings)};
  const auto open = [&](Severity severity) {
    return std::ranges::any_of(result.findings,
                               [&](const Finding& f) { return !f.is_waived() && f.severity == severity; });
  };
  const bool waived = std::ranges::any_of(result.findings, &Finding::is_waived);
  if (open(Severity::Error) || (strict && open(Severity::Warning)))
    result.verdict = Verdict::Broken;
  else if (open(Severity::Warning))
    result.verdict = Verdict::Warned;
  else if (waived)
    result.verdict = Verdict::Waived;
  return result;
}

}  // namespace

std::string PlacedStatement::where(const RevisionInput& revision, const FunctionOutline& function,
                                   const std::vector<std::string>& words) const {
  return fmt::format("{}:{}", revision.revision->file, line_of(function, source_line, words));
}

std::map<std::string, std::string> places_of(const HistoryInput& history, const Asked& asked) {
  std::vector<Founds> founds(rules().size());
  Run run(history, asked, founds);
  run.run();
  std::map<std::string, std::string> places;
  for (const auto& [label, table] : run.tables().all()) {
    const auto add = [&](const std::string& part, const Origin& origin) {
      if (!origin.where.empty()) places.emplace(part.empty() ? label : label + "." + part, origin.where);
    };
    add("", table.origin);
    for (const auto& column : table.columns) add(column.name, column.origin);
    for (const auto& key : table.keys) add(key.name, key.origin);
    for (const auto& index : table.indexes) add(index.name, index.origin);
  }
  return places;
}

Verdicts lint(std::span<const HistoryInput> histories, const Asked& asked) {
  const auto all = rules();
  std::vector<std::vector<Finding>> findings(all.size());
  std::size_t statements = 0;
  std::size_t revisions = 0;
  for (const auto& history : histories) {
    std::vector<Founds> founds(all.size());
    Run(history, asked, founds).run();
    for (std::size_t i = 0; i < all.size(); ++i)
      for (auto& found : founds[i]) findings[i].push_back(finding_of(all[i], std::move(found), history));
    for (const auto& revision : history.revisions) {
      if (!revision.judged) continue;
      ++revisions;
      statements += revision.statements.size();
    }
  }
  const std::string examined = fmt::format("{} {} in {} {}", statements, statements == 1 ? "statement" : "statements",
                                           revisions, revisions == 1 ? "revision" : "revisions");
  Verdicts verdicts;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool of_graph = (all[i].history && !all[i].revision) || all[i].id == kWaiversRule;
    if (asked.graph_only && !of_graph) continue;
    waive(findings[i], asked);
    verdicts.clauses.push_back(result_of(all[i], std::move(findings[i]), asked.strict));
    ClauseResult& result = verdicts.clauses.back();
    if (all[i].needs_server && asked.server_version.empty() && result.findings.empty()) {
      result.verdict = Verdict::Unknown;
      result.reason = "no server was asked";
    } else if (result.verdict == Verdict::Holds) {
      result.reason = examined;
    }
  }
  const auto waivers = std::ranges::find(verdicts.clauses, kWaiversRule, &ClauseResult::clause);
  *waivers = result_of(*find_rule(kWaiversRule), waiver_findings(verdicts, histories, asked), asked.strict);
  return verdicts;
}

}  // namespace pgcontract::lint
