#include <unistd.h>

#include <chrono>

#include "command/lint.hpp"
#include "command/list.hpp"

namespace pgcontract::command {

Result<Report> run_migrate_lint(const Arguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const Scope scope, scope_of(arguments, place.contract));
  LintRequest request;
  request.all = arguments.has("--all");
  request.offline = arguments.has("--offline");
  request.strict = arguments.has("--strict");
  request.observe = arguments.has("--observe");
  request.graph = arguments.has("--graph");
  if (!arguments.positionals.empty()) request.revisions = arguments.positionals[0];
  if (request.observe && (request.offline || request.graph))
    return fail(ErrorCode::Usage, "--observe needs a server", "Leave out --offline and --graph.");
  if (!request.revisions.empty()) {
    if (request.all) return fail(ErrorCode::Usage, "name revisions, or take --all", "Leave one of them out.");
    PGC_CHECK(check_target(request.revisions, scope, arguments));
  }
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  PGC_TRY(Linted linted, lint_migrations(place, scope, request, progress));
  Report report;
  report.command = "migrate lint";
  report.scene = std::move(linted.scene);
  report.scene.at = now();
  report.notes = std::move(linted.notes);
  for (const auto& rule : linted.verdicts.clauses)
    if (rule.verdict == Verdict::Broken || rule.verdict == Verdict::Warned) {
      report.next = {"pgcontract explain " + rule.clause};
      break;
    }
  report.verdicts = std::move(linted.verdicts);
  report.scene.duration_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return report;
}

}  // namespace pgcontract::command
