// JSON Schema of the JSON format. Written beside json.cpp rather than derived from it: a test renders reports and
// checks them against this, so that a slip in either shows.

#include <nlohmann/json.hpp>

#include "report/json_proof.hpp"
#include "report/json_text.hpp"
#include "report/render.hpp"
#include "report/schema_words.hpp"

namespace pgcontract::report {
namespace {

using namespace schema;
Json scene_schema() {
  return record({{"contract", about("the contract's name", text_or_null())},
                 {"contract_file", text_or_null()},
                 {"environment", text_or_null()},
                 {"target", about("the cluster asked, never with a password", text_or_null())},
                 {"server_version", text_or_null()},
                 {"at", about("RFC 3339, UTC", {{"type", {"string", "null"}}, {"format", "date-time"}})},
                 {"duration_seconds", seconds()},
                 {"tenants", {{"type", {"integer", "null"}}, {"minimum", 0}}}});
}

Json finding_schema() {
  const Json subject = record({{"kind", about("PostgreSQL's word for the object: table, role, setting …", text())},
                               {"schema", text_or_null()},
                               {"name", text_or_null()},
                               {"part", about("column, policy or privilege", text_or_null())},
                               {"label", about("as SQL would write it; waivers match on this", text())}});
  const Json waiver =
      record({{"reason", text()}, {"by", text_or_null()}, {"until", {{"type", "string"}, {"format", "date"}}}});
  return record({{"subject", subject},
                 {"message", text()},
                 {"consider", about("a statement a person should weigh; never run by itself", text_or_null())},
                 {"tags", list_of(text())},
                 {"where", about("file:line where the finding is about a file", text_or_null())},
                 {"waiver", about("the waiver that covers it", or_null(waiver))},
                 {"severity", about("clauses know errors only", one_of({"error", "warning", "note"}))}});
}

Json verdicts_schema() {
  const Json clause = record({{"clause", text()},
                              {"area", text()},
                              {"title", about("what holds when it holds", text())},
                              {"verdict", one_of({"holds", "broken", "waived", "unknown", "warned"})},
                              {"reason", about("why unknown, or what was examined", text_or_null())},
                              {"findings", list_of(defined("finding"))}});
  return record({{"holds", whole()},
                 {"broken", whole()},
                 {"waived", whole()},
                 {"unknown", whole()},
                 {"warned", about("findings, none of them an error", whole())},
                 {"findings", about("of all clauses, waived ones too", whole())},
                 {"clauses", list_of(clause)}});
}

Json step_schema() {
  const Json program =
      record({{"arguments", list_of(text())}, {"role", text_or_null()}, {"search_path", text_or_null()}});
  return record(
      {{"number", whole()},
       {"clause", text()},
       {"object", text()},
       {"reason", text()},
       {"statements", about("word for word as they run, without the closing semicolon", list_of(text()))},
       {"transactional", about("false: each statement commits by itself", type("boolean"))},
       {"needed_if", about("the query that tells whether the step is still needed", text_or_null())},
       {"lock", text_or_null()},
       {"risk", one_of({"none", "lock", "data"})},
       {"undo", text_or_null()},
       {"program", about("run instead of statements", or_null(program))},
       {"tenant", about("the tenant's id", text_or_null())},
       {"effects", about("what each statement locks, as far as known; empty: not looked at", list_of(text()))}});
}

Json plan_schema() {
  const Json manual =
      record({{"clause", text()}, {"object", text()}, {"message", text()}, {"consider", text_or_null()}});
  return record({{"steps", list_of(defined("step"))},
                 {"manual", about("findings that no step mends", list_of(manual))},
                 {"continues", about("what can be planned only after these steps", text_or_null())}});
}

Json application_schema() {
  const Json outcome = record({{"step", defined("step")},
                               {"state", one_of({"done", "unneeded", "failed", "not_run"})},
                               {"error", or_null(defined("error"))},
                               {"attempts", whole()},
                               {"duration_seconds", seconds()}});
  return record({{"job", about("the id of the job in the journal", text_or_null())},
                 {"done", whole()},
                 {"unneeded", whole()},
                 {"failed", whole()},
                 {"not_run", whole()},
                 {"outcomes", list_of(outcome)}});
}

Json attacks_schema() {
  const Json outcome =
      record({{"id", text()},
              {"title", text()},
              {"kind", one_of({"identity", "rows", "escalation", "metadata", "availability", "state", "replication"})},
              {"clause", about("the clause that prevents it", text_or_null())},
              {"result", one_of({"refused", "succeeded", "residual", "not_judged"})},
              {"sqlstate", about("of the refusal", text_or_null())},
              {"answer", about("the refusal, what the attacker got, or why it was not judged", text_or_null())},
              {"promise", about("refused, or why it is accepted and what limits it", text())}});
  return record({{"corpus_sha256", text()},
                 {"server_version", text()},
                 {"profile", text()},
                 {"with", about("the file of changes that was tried in the copy", text_or_null())},
                 {"whole", about("false: only some attacks were asked for", type("boolean"))},
                 {"recorded", about("as evidence, in the environment's database", type("boolean"))},
                 {"refused", whole()},
                 {"succeeded", whole()},
                 {"residual", whole()},
                 {"not_judged", whole()},
                 {"outcomes", list_of(outcome)}});
}

Json drift_schema() {
  const Json difference = record({{"kind", about("PostgreSQL's word for the object", text())},
                                  {"object", about("within the schema; empty for the schema itself", text())},
                                  {"attribute", about("null: the whole object", text_or_null())},
                                  {"expected", about("null: absent", text_or_null())},
                                  {"found", about("null: absent", text_or_null())},
                                  {"mend", about("statements that make found into expected", list_of(text()))},
                                  {"no_mend", about("why there is none that is certain to", text_or_null())}});
  const Json group =
      record({{"schemas", list_of(text())}, {"fingerprint", text()}, {"differences", list_of(difference)}});
  const Json set = record({{"name", text()},
                           {"heads", about("of Alembic, which all of them are at", list_of(text()))},
                           {"reference", about("what has the expected state", text())},
                           {"fingerprint", about("SHA-256, 64 hexadecimal digits", text())},
                           {"alike", about("how many have it", whole())},
                           {"groups", about("those that have not, the largest first", list_of(group))}});
  return record({{"found", type("boolean")},
                 {"sets", list_of(set)},
                 {"uncompared", about("what there is nothing to compare with, and why", list_of(text()))}});
}

Json error_schema() {
  const Json code = one_of({"usage", "invalid_input", "environment", "not_found", "unreachable", "refused",
                            "permission", "unsupported", "lock_timeout", "timeout", "cancelled", "connection_lost",
                            "out_of_space", "server", "io", "process", "conflict", "bug"});
  return record({{"code", code},
                 {"message", text()},
                 {"hint", text_or_null()},
                 {"where", text_or_null()},
                 {"sqlstate", text_or_null()},
                 {"context", about("innermost first", list_of(text()))}});
}

}  // namespace

std::string report_json_schema() {
  const Json row = {{"type", "object"}, {"additionalProperties", text_or_null()}};
  const Json tables = {{"type", "object"}, {"additionalProperties", list_of(row)}};
  Json schema = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"$id", "urn:pgcontract:report:1"},
                 {"title", "What a pgcontract command reports with --format json"}};
  schema.update(record({{"schema", {{"const", kReportSchema}}},
                        {"command", text()},
                        {"scene", scene_schema()},
                        {"verdicts", or_null(verdicts_schema())},
                        {"proof", or_null(proof_schema())},
                        {"plan", or_null(plan_schema())},
                        {"application", or_null(application_schema())},
                        {"attacks", or_null(attacks_schema())},
                        {"drift", or_null(drift_schema())},
                        {"tables", about("from a list's name to its rows", tables)},
                        {"notes", list_of(text())},
                        {"next", about("commands to run next", list_of(text()))},
                        {"error", or_null(defined("error"))}}));
  schema["$defs"] = {{"finding", finding_schema()}, {"step", step_schema()}, {"error", error_schema()}};
  return json_text(schema);
}

}  // namespace pgcontract::report
