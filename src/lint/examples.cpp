#include "lint/examples.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <sstream>

#include "alembic/sql_statement.hpp"
#include "base/embedded.hpp"
#include "lint/lint.hpp"

namespace pgcontract::lint {

std::span<const EmbeddedText> embedded_texts();

namespace {

constexpr std::string_view kWorks =
    "\"\"\"example\"\"\"\n\ndef upgrade():\n    op.execute(SQL)\n\n\ndef downgrade():\n    op.execute(BACK)\n";

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// A history as a directive after another builds it up. Owns everything that the HistoryInput borrows.
class Stage {
 public:
  Stage() {
    graph_.section = "alembic";
    contract_.file = "contract.yaml";
    history_.schema = "app";
    before_.id = "before";
    before_.message = "before";
    revision_.id = "revision";
    revision_.message = "example";
    revision_.file = "revision.py";
    source_ = kWorks;
  }

  void run(const std::vector<std::string>& directive, const std::string& body) {
    const std::string& word = directive[0];
    const auto argument = [&](std::size_t i) { return i < directive.size() ? directive[i] : std::string(); };
    if (word == "@before") add(body, true, before_sql_);
    if (word == "@revision") add(body, true, sql_);
    if (word == "@autocommit") add(body, false, sql_);
    if (word == "@tenant") history_.tenant = true;
    if (word == "@python") source_ = body;
    if (word == "@id") revision_.id = argument(1);
    if (word == "@heads") graph_.heads.assign(directive.begin() + 1, directive.end());
    if (word == "@without_message") revision_.message.clear();
    if (word == "@problem")
      graph_.problems.push_back({"revision.py:1", "down_revision `a` is in no file", "Restore it."});
    if (word == "@released_otherwise") history_.edited = {revision_.id}, server_ = "15.20";
    if (word == "@delegated") not_rendered_ = "it reads rows while it runs";
    if (word == "@waiver")
      contract_.waivers.push_back(
          {argument(1), argument(2), "example", parse_date(argument(3)).value_or(Date{}), "", {}});
    if (word == "@size") {
      server_ = "15.20";
      history_.sizes_known = true;
      history_.sizes[argument(1)] = {"app", std::stod(argument(2)) * 1024 * 1024, std::stod(argument(3)),
                                     std::stod(argument(4)), std::stod(argument(5))};
    }
    if (word == "@seen_rewriting") {
      effects_.push_back({revision_.id, sql_.back().text, false, "", {}, {}, {}, {}});
      if (argument(1) != "nothing") effects_.back().rewritten.push_back({"{schema}." + argument(1), false});
      sql_.back().effect = &effects_.back();
    }
    if (word == "@live_index") live_index(argument(1), argument(2), argument(3) == "invalid");
  }

  Verdicts judge() {
    graph_.revisions = {before_, revision_};
    history_.graph = &graph_;
    history_.revisions.push_back({&graph_.revisions[0], std::string(kWorks), std::move(before_sql_), "", false});
    history_.revisions.push_back({&graph_.revisions[1], source_, std::move(sql_), not_rendered_, true});
    const Date today = parse_date("2026-06-01").value_or(Date{});
    return lint({&history_, 1}, Asked{contract_, today, server_, false, false, effects_.empty() ? "" : "15.20"});
  }

 private:
  void add(const std::string& sql, bool transactional, std::vector<RenderedSql>& into) {
    ++transaction_;
    const auto script = alembic::split_sql(sql);
    if (!script) return;
    for (const auto& statement : script->statements)
      into.push_back({std::string(statement.text), transactional, transactional ? transaction_ : 0});
  }

  void live_index(const std::string& table, const std::string& index, bool invalid) {
    server_ = "15.20";
    names_.insert(names_.end(), {table, index});
    live_.schemas.push_back({1, "app", 10, {}, {}});
    Relation relation;
    relation.oid = 2;
    relation.schema = 1;
    relation.name = names_[names_.size() - 2];
    live_.relations.push_back(relation);
    Index live;
    live.oid = 3;
    live.relation = 2;
    live.name = names_.back();
    live.valid = !invalid;
    live_.indexes.push_back(live);
    live_.seal();
    history_.live = &live_;
    history_.live_schema = "app";
    history_.begins_at_live = true;
  }

  Contract contract_;
  RevisionGraph graph_;
  HistoryInput history_;
  Observation live_;
  std::deque<std::string> names_;  // what the Observation's texts point into
  std::deque<StatementEffect> effects_;
  Revision before_;
  Revision revision_;
  std::string source_;
  std::string not_rendered_;
  std::string server_;
  std::vector<RenderedSql> before_sql_;
  std::vector<RenderedSql> sql_;
  int transaction_ = 0;
};

}  // namespace

std::vector<Example> examples_of(std::string_view rule) {
  std::vector<Example> examples;
  for (const auto& file : embedded_texts()) {
    std::istringstream in{std::string(file.text)};
    Example* current = nullptr;
    for (std::string line; std::getline(in, line);) {
      if (line.starts_with("# lint.")) {
        const auto words = words_of(line);
        const auto colon = line.find(": ");
        current = nullptr;
        if (words.size() < 3 || words[1] != rule || colon == std::string::npos) continue;
        examples.push_back({words[1], words[2] == "breaks:", line.substr(colon + 2), ""});
        current = &examples.back();
      } else if (current) {
        current->body += line + '\n';
      }
    }
  }
  for (auto& example : examples)
    while (example.body.ends_with("\n\n")) example.body.pop_back();
  return examples;
}

Verdicts judge_example(const Example& example) {
  Stage stage;
  std::vector<std::string> directive;
  std::string body;
  std::istringstream in(example.body);
  const auto flush = [&] {
    if (!directive.empty()) stage.run(directive, body);
    body.clear();
  };
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with('@')) {
      flush();
      directive = words_of(line);
    } else {
      body += line + '\n';
    }
  }
  flush();
  return stage.judge();
}

std::string shown(const Example& example) {
  std::string text;
  std::istringstream in(example.body);
  for (std::string line; std::getline(in, line);) {
    if (line == "@before")
      line = "-- made by an earlier revision:";
    else if (line == "@revision")
      line = "-- the revision, in a transaction:";
    else if (line == "@autocommit")
      line = "-- the revision, in an autocommit_block():";
    else if (line == "@tenant")
      line = "-- in the tenants' history";
    else if (line == "@python")
      line = "# the revision's file:";
    else if (line.starts_with("@size"))
      line = fmt::format("-- on the target, {} has {} MB, {} rows, {} scans, {} rows written", words_of(line)[1],
                         words_of(line)[2], words_of(line)[3], words_of(line)[4], words_of(line)[5]);
    else if (line.starts_with('@'))
      std::ranges::replace(line.replace(0, 1, "-- "), '_', ' ');
    text += line + '\n';
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace pgcontract::lint
