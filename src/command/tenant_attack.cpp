#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "attack/copy.hpp"
#include "attack/runner.hpp"
#include "base/interrupt.hpp"
#include "command/bring.hpp"
#include "command/list.hpp"
#include "report/progress.hpp"

namespace pgcontract::command {
namespace {

struct Request {
  std::vector<const attack::Attack*> attacks;
  std::string with;  // the file
  std::string changes;
  bool record = true;
};

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file) return fail(ErrorCode::NotFound, "the file of changes cannot be read", {}, path);
  return text.str();
}

Result<Request> request_of(const Arguments& arguments) {
  Request request;
  std::string wanted = arguments.get("--only");
  std::ranges::replace(wanted, ',', ' ');
  std::istringstream ids(wanted);
  for (std::string id; ids >> id;) {
    const auto at = std::ranges::find(attack::corpus(), id, &attack::Attack::id);
    if (at == attack::corpus().end())
      return fail(ErrorCode::Usage, fmt::format("there is no attack {}", id),
                  "They are listed by: pgcontract tenant attack, and in doc/attacks.md.");
    request.attacks.push_back(&*at);
  }
  if (request.attacks.empty())
    for (const auto& attack : attack::corpus()) request.attacks.push_back(&attack);
  request.with = arguments.get("--with");
  if (!request.with.empty()) {
    PGC_TRY(request.changes, read_file(request.with));
  }
  request.record = request.with.empty() && !arguments.has("--only") && !arguments.has("--no-record");
  return request;
}

// The copy is brought to the design by what brings every database to it; here nobody is asked or told.
Result<World> bring_copy(const Place& place, const postgres::Dsn& dsn, Wish wish) {
  Arguments quiet;
  quiet.quiet = true;
  quiet.yes = true;
  PGC_TRY(const act::Options options, act_options(quiet, place, "tenant attack"));
  PGC_TRY(Brought brought, bring(place, dsn, wish, options, quiet));
  for (const auto& outcome : brought.application.outcomes) {
    if (outcome.error) return with_context(*outcome.error, "preparing the copy: " + outcome.step.object);
    if (outcome.state == StepState::NotRun) return fail(ErrorCode::Cancelled, "stopped by the user");
  }
  return std::move(brought.world);
}

// What the pipeline could not bring to the design would be attacked in its place.
Result<void> check_design(const World& world) {
  for (const auto& result : world.verdicts.clauses)
    if (result.clause.starts_with("tenancy.") && result.verdict == Verdict::Broken)
      return fail(ErrorCode::Conflict,
                  fmt::format("the copy does not come to the design: {}: {}: {}", result.clause,
                              result.findings.front().subject.label(), result.findings.front().message),
                  "The role of the DSN may not do what the design asks for; a superuser may.");
  return {};
}

Result<World> prepare(attack::Copy& copy, const Place& place, report::Progress& progress) {
  Place copied = place;
  copied.contract = copy.contract_of(place.contract);
  copied.environment.production = false;
  progress.begin("preparing the copy", 4);
  progress.advance(0, "the design");
  PGC_TRY([[maybe_unused]] const World bare, bring_copy(copied, copy.base(), {"tenant attack", "", {}, false, {}}));
  progress.advance(1, "two canary tenants");
  std::vector<plan::NewTenant> canaries;
  for (const auto& id : copy.canaries()) canaries.push_back({id, "canary"});
  PGC_TRY([[maybe_unused]] const World with_tenants,
          bring_copy(copied, copy.base(), {"tenant attack", "", std::move(canaries), true, {}}));
  progress.advance(2, "tables");
  PGC_CHECK(copy.lay_tables(copied.contract));
  PGC_TRY(World world, bring_copy(copied, copy.base(), {"tenant attack", "", {}, false, {}}));
  PGC_CHECK(check_design(world));
  progress.advance(3, "rows");
  PGC_CHECK(copy.let_in(copied.contract));
  return world;
}

// An attack that came through may have left anything behind: the next one gets a database as new.
Result<void> run_all(attack::Copy& copy, const Request& request, int version, AttackRun& run,
                     report::Progress& progress) {
  PGC_TRY(attack::Site site, copy.fresh());
  progress.begin("attacking", static_cast<int>(request.attacks.size()));
  for (const auto* attack : request.attacks) {
    if (interrupt::stop_requested()) return fail(ErrorCode::Cancelled, "stopped by the user; the copy is dropped");
    progress.advance(static_cast<int>(run.outcomes.size()), attack->id + " " + attack->title);
    PGC_TRY(AttackOutcome outcome, attack::run_attack(site, *attack, attack->accepted(version, run.profile)));
    const bool spoiled = outcome.result == AttackResult::Succeeded;
    run.outcomes.push_back(std::move(outcome));
    if (spoiled && attack != request.attacks.back()) {
      PGC_TRY(site, copy.fresh());
    }
  }
  return {};
}

std::string evidence_of(const AttackRun& run, const Contract& contract) {
  std::string succeeded;
  for (const auto& outcome : run.outcomes)
    if (outcome.result == AttackResult::Succeeded)
      succeeded += fmt::format("{}{}", succeeded.empty() ? "" : " ", outcome.id);
  return fmt::format(
      R"({{"corpus": "{}", "server": "{}", "profile": "{}", "contract_sha256": "{}", "attacks": {}, "refused": {}, )"
      R"("residual": {}, "not_judged": {}, "succeeded": "{}"}})",
      run.corpus_sha256, run.server_version, run.profile, contract.sha256, run.outcomes.size(),
      run.count(AttackResult::Refused), run.count(AttackResult::Residual), run.count(AttackResult::NotJudged),
      succeeded);
}

// False where the database has no ledger yet.
Result<bool> record(const postgres::Dsn& dsn, const AttackRun& run, const Contract& contract) {
  PGC_TRY(auto connection, postgres::Connection::open(dsn));
  PGC_TRY(const auto ledger, connection.query("SELECT pg_catalog.to_regclass('pgcontract.evidence') IS NOT NULL"));
  if (ledger.at(0, 0) != "t") return false;
  PGC_TRY([[maybe_unused]] const auto rows,
          connection.query("INSERT INTO pgcontract.evidence (kind, subject, detail) VALUES ('attack', "
                           "pg_catalog.current_database(), $1::pg_catalog.jsonb)",
                           {evidence_of(run, contract)}));
  return true;
}

void add_words(const Request& request, Report& report) {
  const AttackRun& run = *report.attacks;
  if (!request.with.empty())
    report.notes.push_back(fmt::format("{} was tried in the copy only; nothing is recorded", request.with));
  if (run.has_succeeded())
    for (const auto& outcome : run.outcomes)
      if (outcome.result == AttackResult::Succeeded && !outcome.clause.empty()) {
        report.next.push_back("pgcontract explain " + outcome.clause);
        break;
      }
  if (request.record && run.recorded) report.next.push_back("pgcontract verify --clause tenancy.attacks_refused");
}

}  // namespace

Result<Report> run_tenant_attack(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  if (!place.contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const Request request, request_of(arguments));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  interrupt::drain_first(true);
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  PGC_TRY(attack::Copy copy, attack::Copy::create(dsn));
  Report report;
  report.command = "tenant attack";
  AttackRun run;
  run.corpus_sha256 = attack::corpus_sha256();
  run.profile = to_string(place.contract.tenancy->profile);
  run.with = request.with;
  run.whole = !arguments.has("--only");
  {
    PGC_TRY(const World world, prepare(copy, place, progress));
    report.scene = scene_of(place, dsn.describe(), &world);
    report.scene.tenants = -1;
    run.server_version = report.scene.server_version;
    if (!request.changes.empty())
      if (auto changed = copy.change(request.changes); !changed) return with_context(changed.error(), request.with);
    PGC_CHECK(run_all(copy, request, world.observation.server.version_num, run, progress));
  }
  progress.begin("dropping the copy", 0);
  PGC_CHECK(copy.drop());
  progress.end();
  if (request.record) {
    // Who may make a copy need not be one who may write the ledger; what was found is worth telling all the same.
    const auto recorded = record(dsn, run, place.contract);
    if (!recorded && recorded.error().code != ErrorCode::Permission) return fail(recorded.error());
    run.recorded = recorded && *recorded;
    if (!run.recorded)
      report.notes.push_back(
          "no evidence is recorded: " +
          (recorded ? std::string("this database is not under the contract yet") : recorded.error().message));
  }
  if (copy.swept() > 0)
    report.notes.push_back(fmt::format("what killed runs had left was dropped: {} databases and roles", copy.swept()));
  if (!copy.roles_left().empty())
    report.notes.push_back(
        fmt::format("roles that appeared meanwhile, or that others use, stay: {}", fmt::join(copy.roles_left(), ", ")));
  report.attacks = std::move(run);
  add_words(request, report);
  return report;
}

}  // namespace pgcontract::command
