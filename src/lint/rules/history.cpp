// The graph of revisions: what needs neither SQL nor a server.
#include <fmt/format.h>

#include <algorithm>

#include "lint/lint.hpp"
#include "lint/rules/subjects.hpp"

namespace pgcontract::lint {
namespace {

constexpr std::size_t kLongestId = 32;  // alembic_version.version_num is varchar(32)

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void readable(const HistoryContext& c, Founds& out) {
  for (const auto& problem : c.history.graph->problems) {
    if (problem.message.ends_with(" characters")) continue;  // lint.id_too_long
    out.push_back({.message = problem.message,
                   .table = c.history.graph->section,
                   .consider = problem.hint,
                   .where = problem.where,
                   .kind = "history"});
  }
}

void one_head(const HistoryContext& c, Founds& out) {
  const auto& graph = *c.history.graph;
  if (graph.heads.size() < 2) return;
  const Revision* last = graph.find(graph.heads.back());
  out.push_back({.message = fmt::format("has {} heads: {}", graph.heads.size(), fmt::join(graph.heads, ", ")),
                 .table = graph.section,
                 .consider = fmt::format("alembic -n {} merge -m \"merge\" heads", graph.section),
                 .where = last ? fmt::format("{}:{}", last->file, last->line) : "",
                 .kind = "history"});
}

void id_length(const HistoryContext& c, Founds& out) {
  for (const auto& revision : c.history.graph->revisions)
    if (const auto length = characters(revision.id); length > kLongestId)
      out.push_back({.message = fmt::format("its id has {} characters: alembic_version.version_num takes 32", length),
                     .revision = revision.id,
                     .where = fmt::format("{}:{}", revision.file, revision.line)});
}

void edited(const HistoryContext& c, Founds& out) {
  for (const auto& id : c.history.edited)
    if (const Revision* revision = c.history.graph->find(id))
      out.push_back({.message = "was edited after a schema was migrated with it",
                     .consider = "put the old text back, and the change into a new revision",
                     .revision = id,
                     .where = fmt::format("{}:{}", revision->file, revision->line)});
}

void message(const HistoryContext& c, Founds& out) {
  for (const auto& revision : c.history.graph->revisions)
    if (revision.message.empty())
      out.push_back({.message = "has no message: `history` and the person on call see an id",
                     .revision = revision.id,
                     .where = fmt::format("{}:{}", revision.file, revision.line)});
}

}  // namespace

std::span<const Rule> history_rules() {
  static const Rule kRules[] = {
      {.id = "lint.history_readable",
       .title = "the history can be followed",
       .why =
           "A cycle, a missing revision or an id that stands twice makes Alembic refuse every command, on the day of "
           "the deployment.",
       .instead = "As the message says; `migrate history` shows what was read.",
       .severity = Severity::Error,
       .history = readable},
      {.id = kWaiversRule,
       .title = "every waiver of a rule is in force and covers something",
       .why = "A waiver is a debt with a date. One that has expired, that names a rule which does not exist or covers "
              "nothing hides the next finding of its kind.",
       .instead = "Mend what it covered, or extend it and say why.",
       .severity = Severity::Error},
      {.id = "lint.several_heads",
       .title = "the history has one head",
       .why = "Two branches that each added a revision merge in Git without a conflict; `alembic upgrade head` then "
              "refuses.",
       .instead = "alembic merge heads, or give the later revision the other as its down_revision.",
       .severity = Severity::Error,
       .history = one_head},
      {.id = "lint.id_too_long",
       .title = "revision ids have at most 32 characters",
       .why = "The version table's column is varchar(32): the revision runs, and moving the row fails.",
       .instead = "A shorter id.",
       .severity = Severity::Error,
       .history = id_length},
      {.id = "lint.edited_after_release",
       .title = "a released revision is not edited",
       .why = "Schemas that ran the old text and those that run the new one differ for ever, and both say that they "
              "are at "
              "the same revision.",
       .instead = "A new revision.",
       .severity = Severity::Error,
       .needs_server = true,
       .history = edited},
      {.id = "lint.no_message",
       .title = "each revision says what it is for",
       .why = "At three in the morning an id says nothing.",
       .instead = "The first line of the file's docstring.",
       .severity = Severity::Note,
       .history = message},
  };
  return kRules;
}

}  // namespace pgcontract::lint
