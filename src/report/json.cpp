// The JSON format, version 1: see json_schema.cpp for what is published. Every field is always there; nothing is null.

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "report/clause_id.hpp"
#include "report/display.hpp"
#include "report/drift.hpp"
#include "report/formats.hpp"
#include "report/json_proof.hpp"
#include "report/json_text.hpp"

namespace pgcontract::report {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

template <typename T, typename Write>
Json or_null(const std::optional<T>& value, Write write) {
  return value ? Json(write(*value)) : Json(nullptr);
}

template <typename List, typename Write>
Json array_of(const List& list, Write write) {
  Json array = Json::array();
  for (const auto& item : list) array.push_back(write(item));
  return array;
}

// Milliseconds are all we measure; more digits would only be noise.
double seconds_of(double seconds) { return std::round(seconds * 1000) / 1000; }

Json scene_json(const Scene& scene) {
  return {{"contract", or_null(scene.contract_name)},
          {"contract_file", or_null(scene.contract_file)},
          {"environment", or_null(scene.environment)},
          {"target", or_null(scene.target)},
          {"server_version", or_null(scene.server_version)},
          {"at", scene.at == Instant{} ? Json(nullptr) : Json(format_instant(scene.at))},
          {"duration_seconds", seconds_of(scene.duration_seconds)},
          {"tenants", scene.tenants < 0 ? Json(nullptr) : Json(scene.tenants)}};
}

Json waiver_json(const Finding& finding) {
  if (!finding.is_waived()) return nullptr;
  const auto& waived = finding.waived.front();
  return {{"reason", waived.reason}, {"by", or_null(waived.by)}, {"until", format_date(waived.until)}};
}

Json finding_json(const Finding& finding) {
  const auto& subject = finding.subject;
  return {{"subject",
           {{"kind", subject.kind},
            {"schema", or_null(subject.schema)},
            {"name", or_null(subject.name)},
            {"part", or_null(subject.part)},
            {"label", subject.label()}}},
          {"message", finding.message},
          {"consider", or_null(finding.consider)},
          {"tags", array_of(finding.tags, [](const auto& tag) { return tag; })},
          {"where", or_null(finding.where)},
          {"waiver", waiver_json(finding)},
          {"severity", to_string(finding.severity)}};
}

Json verdicts_json(const Verdicts& verdicts) {
  std::size_t findings = 0;
  for (const auto& clause : verdicts.clauses) findings += clause.findings.size();
  const auto clause_json = [](const ClauseResult& clause) {
    return Json{{"clause", clause.clause},
                {"area", area_of(clause.clause)},
                {"title", clause.title},
                {"verdict", to_string(clause.verdict)},
                {"reason", or_null(clause.reason)},
                {"findings", array_of(clause.findings, finding_json)}};
  };
  return {{"holds", verdicts.count(Verdict::Holds)},           {"broken", verdicts.count(Verdict::Broken)},
          {"waived", verdicts.count(Verdict::Waived)},         {"unknown", verdicts.count(Verdict::Unknown)},
          {"warned", verdicts.count(Verdict::Warned)},         {"findings", findings},
          {"clauses", array_of(verdicts.clauses, clause_json)}};
}

Json program_json(const Program& program) {
  return {{"arguments", array_of(program.arguments, [](const auto& argument) { return argument; })},
          {"role", or_null(program.role)},
          {"search_path", or_null(program.search_path)}};
}

Json step_json(const Step& step) {
  return {{"number", step.number},
          {"clause", step.clause},
          {"object", step.object},
          {"reason", step.reason},
          {"statements", array_of(step.statements, [](const auto& statement) { return statement; })},
          {"transactional", step.transactional},
          {"needed_if", or_null(step.needed_if)},
          {"lock", or_null(step.lock)},
          {"risk", to_string(step.risk)},
          {"undo", or_null(step.undo)},
          {"program", or_null(step.program, program_json)},
          {"tenant", or_null(step.tenant, [](const Uuid& id) { return id.canonical(); })},
          {"effects", array_of(step.effects, [](const auto& effect) { return effect; })}};
}

Json plan_json(const Plan& plan) {
  const auto manual_json = [](const Plan::Manual& manual) {
    return Json{{"clause", manual.clause},
                {"object", manual.object},
                {"message", manual.message},
                {"consider", or_null(manual.consider)}};
  };
  return {{"steps", array_of(plan.steps, step_json)},
          {"manual", array_of(plan.manual, manual_json)},
          {"continues", or_null(plan.continues)}};
}

Json error_json(const Error& error) {
  return {{"code", to_string(error.code)},
          {"message", error.message},
          {"hint", or_null(error.hint)},
          {"where", or_null(error.where)},
          {"sqlstate", or_null(error.sqlstate)},
          {"context", array_of(error.context, [](const auto& frame) { return frame; })}};
}

Json application_json(const Application& application) {
  const auto outcome_json = [](const Outcome& outcome) {
    return Json{{"step", step_json(outcome.step)},
                {"state", to_string(outcome.state)},
                {"error", or_null(outcome.error, error_json)},
                {"attempts", outcome.attempts},
                {"duration_seconds", seconds_of(outcome.duration_seconds)}};
  };
  return {{"job", application.job.is_nil() ? Json(nullptr) : Json(application.job.canonical())},
          {"done", application.count(StepState::Done)},
          {"unneeded", application.count(StepState::Unneeded)},
          {"failed", application.count(StepState::Failed)},
          {"not_run", application.count(StepState::NotRun)},
          {"outcomes", array_of(application.outcomes, outcome_json)}};
}

// A dictionary from the list's name to its rows; apart from the root, which is a record.
Json tables_json(const std::vector<Table>& tables) {
  Json lists = Json::object();
  for (const auto& table : tables) {
    Json& rows = lists[table.name] = Json::array();
    for (const auto& row : table.rows) {
      Json entry = Json::object();
      for (std::size_t column = 0; column < table.columns.size(); ++column)
        entry[table.columns[column].key] = column < row.size() && row[column] ? Json(*row[column]) : Json(nullptr);
      rows.push_back(std::move(entry));
    }
  }
  return lists;
}

}  // namespace

std::string json_text(const nlohmann::ordered_json& json) {
  const std::string dumped = json.dump(2, ' ', false, Json::error_handler_t::replace);
  std::string text;
  text.reserve(dumped.size() + 1);
  for (std::size_t at = 0; at < dumped.size();) {
    const Character character = character_at(dumped, at);
    // Beyond ASCII there are only strings, so a character can be escaped where it stands. All unsafe ones have 16 bits.
    if (character.code >= 0x7F && is_unsafe(character.code))
      text += fmt::format("\\u{:04x}", static_cast<unsigned>(character.code));
    else
      text.append(dumped, at, character.length);
    at += character.length;
  }
  return text + '\n';
}

std::string render_json(const Report& report) {
  const auto itself = [](const std::string& text) { return text; };
  return json_text(Json{{"schema", kReportSchema},
                        {"command", report.command},
                        {"scene", scene_json(report.scene)},
                        {"verdicts", or_null(report.verdicts, verdicts_json)},
                        {"proof", or_null(report.proof, proof_json)},
                        {"plan", or_null(report.plan, plan_json)},
                        {"application", or_null(report.application, application_json)},
                        {"attacks", or_null(report.attacks, attacks_json)},
                        {"drift", or_null(report.drift, drift_json)},
                        {"tables", tables_json(report.tables)},
                        {"notes", array_of(report.notes, itself)},
                        {"next", array_of(report.next, itself)},
                        {"error", or_null(report.error, error_json)}});
}

}  // namespace pgcontract::report
