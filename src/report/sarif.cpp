// SARIF 2.1.0 (OASIS), for code scanning: a rule a clause, a result a finding. Section numbers are the standard's.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "report/clause_id.hpp"
#include "report/display.hpp"
#include "report/formats.hpp"
#include "report/json_text.hpp"

namespace pgcontract::report {
namespace {

using Json = nlohmann::ordered_json;

Json message(std::string_view text) { return {{"text", visible(text)}}; }

// A relative path as a URI reference (RFC 3986); an absolute one as a file URI.
std::string uri_of(std::string_view path) {
  std::string uri = path.starts_with('/') ? "file://" : "";
  while (path.starts_with("./")) path.remove_prefix(2);
  for (const char c : path) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").contains(c);
    uri += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

// "packages/api/alembic.ini:3" or "…:3:7" taken apart; a place without a line is its first.
struct Place {
  std::string_view path;
  int line = 1;
  int column = 0;
};

// Takes ":12" off the end; 0 where there is none.
int take_number(std::string_view& text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return 0;
  int number = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, number);
  if (error != std::errc{} || stop != end || number < 1) return 0;
  text = text.substr(0, colon);
  return number;
}

Place place_of(std::string_view where) {
  Place place{.path = where};
  const int last = take_number(place.path);
  const int before = take_number(place.path);
  if (before > 0) {
    place.line = before;
    place.column = last;
  } else if (last > 0) {
    place.line = last;
  }
  return place;
}

Json physical(const Place& place) {
  Json region = {{"startLine", place.line}};
  if (place.column > 0) region["startColumn"] = place.column;
  return {{"artifactLocation", {{"uri", uri_of(place.path)}}}, {"region", region}};
}

// A finding about the database has no line; code scanning shows a result only with a file, so it stands at the head of
// the contract, which is what was broken, and names the object in logicalLocations.
Json location(const Finding& finding, const Scene& scene) {
  if (!finding.where.empty()) return {{"physicalLocation", physical(place_of(finding.where))}};
  Json location = Json::object();
  if (!scene.contract_file.empty()) location["physicalLocation"] = physical(Place{.path = scene.contract_file});
  const auto& subject = finding.subject;
  location["logicalLocations"] = Json::array({{{"name", visible(subject.part.empty() ? subject.name : subject.part)},
                                               {"fullyQualifiedName", visible(subject.label())},
                                               {"kind", visible(subject.kind)}}});
  return location;
}

// FNV-1a: stable over runs and machines, so that a result is recognised as the same (§3.27.17).
std::string fingerprint(const Finding& finding) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const auto& part : {finding.clause, finding.subject.kind, finding.subject.label(), finding.message}) {
    for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0xffu) * 0x100000001b3;
  }
  return fmt::format("{:016x}", hash);
}

Json result(const Finding& finding, const ClauseResult& clause, std::size_t rule, const Scene& scene) {
  const auto label = finding.subject.label();
  auto text = fmt::format("{} {}: {}", finding.subject.kind, label, finding.message);
  if (!finding.consider.empty()) text += fmt::format(". Consider: {}", finding.consider);
  // Present on every result or on none (§3.27.23): an empty list says "not suppressed".
  Json suppressions = Json::array();
  for (const auto& waived : finding.waived)
    suppressions.push_back(
        {{"kind", "external"},
         {"status", "accepted"},
         {"justification", visible(fmt::format("{} (until {}{}{})", waived.reason, format_date(waived.until),
                                               waived.by.empty() ? "" : ", by ", waived.by))}});
  return {{"ruleId", visible(clause.clause)},
          {"ruleIndex", rule},
          {"level", to_string(finding.severity)},
          {"message", message(text)},
          {"locations", Json::array({location(finding, scene)})},
          {"partialFingerprints", {{"pgcontractFinding/v1", fingerprint(finding)}}},
          {"suppressions", suppressions}};
}

Json rule(const ClauseResult& clause) {
  return {{"id", visible(clause.clause)},
          {"shortDescription", message(clause.title)},
          {"fullDescription", message(fmt::format("The contract promises: {}.", clause.title))},
          {"help", message(fmt::format("Run: pgcontract explain {}", clause.clause))},
          {"defaultConfiguration", {{"level", "error"}}},
          {"properties", {{"tags", Json::array({visible(area_of(clause.clause))})}}}};
}

// A rule and a result an attack that came through; those refused are no results.
void add_attacks(const AttackRun& run, const Scene& scene, Json& rules, Json& results) {
  for (const auto& outcome : run.outcomes) {
    if (outcome.result != AttackResult::Succeeded) continue;
    ClauseResult clause;
    clause.clause = "attack." + outcome.id;
    clause.title = outcome.clause.empty() ? "the attack is refused" : "refused by " + outcome.clause;
    Finding finding;
    finding.clause = clause.clause;
    finding.subject = {"attack", "", outcome.id, ""};
    finding.message = fmt::format("{}; the attacker got: {}", outcome.title, outcome.answer);
    results.push_back(result(finding, clause, rules.size(), scene));
    rules.push_back(rule(clause));
    rules.back()["help"] = message(fmt::format("Run: pgcontract tenant attack --only {}", outcome.id));
  }
}

Json error_notification(const Error& error) {
  auto text = error.describe();
  if (!error.hint.empty()) text += fmt::format(" (hint: {})", error.hint);
  return {{"level", "error"}, {"message", message(text)}};
}

Json failed_step(const Outcome& outcome) {
  const auto why = outcome.error ? outcome.error->describe() : "failed";
  return {{"level", "error"},
          {"message", message(fmt::format("step {}, {}: {}", outcome.step.number, outcome.step.object, why))}};
}

// What kept us from judging is not a result, yet must not vanish: a notification tied to the rule (§3.58).
Json unknown_notification(const ClauseResult& clause, std::size_t rule) {
  return {{"level", "note"},
          {"message", message(fmt::format("{} was not judged: {}", clause.clause, clause.reason))},
          {"associatedRule", {{"id", visible(clause.clause)}, {"index", rule}}}};
}

}  // namespace

std::string render_sarif(const Report& report) {
  Json rules = Json::array();
  Json results = Json::array();
  Json notifications = Json::array();
  bool successful = !report.error;
  if (report.verdicts) {
    const auto& clauses = report.verdicts->clauses;
    for (std::size_t index = 0; index < clauses.size(); ++index) {
      rules.push_back(rule(clauses[index]));
      for (const auto& finding : clauses[index].findings)
        results.push_back(result(finding, clauses[index], index, report.scene));
      if (clauses[index].verdict == Verdict::Unknown)
        notifications.push_back(unknown_notification(clauses[index], index));
    }
  }
  if (report.attacks) add_attacks(*report.attacks, report.scene, rules, results);
  if (report.application) {
    for (const auto& outcome : report.application->outcomes) {
      if (outcome.state != StepState::Failed) continue;
      successful = false;
      notifications.push_back(failed_step(outcome));
    }
  }
  if (report.error) notifications.push_back(error_notification(*report.error));
  Json invocation = {{"executionSuccessful", successful}};
  if (report.scene.at != Instant{}) invocation["endTimeUtc"] = format_instant(report.scene.at);
  invocation["toolExecutionNotifications"] = notifications;
  const Json run = {
      {"tool", {{"driver", {{"name", "pgcontract"}, {"rules", rules}}}}},
      {"automationDetails",
       {{"id", visible(fmt::format("pgcontract/{}/{}/", report.scene.contract_name, report.scene.environment))}}},
      {"columnKind", "unicodeCodePoints"},
      {"invocations", Json::array({invocation})},
      {"results", results}};
  return json_text(Json{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                        {"version", "2.1.0"},
                        {"runs", Json::array({run})}});
}

}  // namespace pgcontract::report
