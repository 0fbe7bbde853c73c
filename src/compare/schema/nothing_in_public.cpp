#include <fmt/format.h>

#include <cctype>
#include <unordered_set>

#include "compare/declarations.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

// A sequence that belongs to a column moves with its table.
std::unordered_set<Oid> owned_sequences(const Observation& observation) {
  std::unordered_set<Oid> owned;
  for (const Sequence& sequence : observation.sequences)
    if (sequence.owned_by != 0 || sequence.owned_by_identity) owned.insert(sequence.relation);
  return owned;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

Finding in_public(Subject subject, std::string_view command, const std::string& name, const std::string& application) {
  Finding finding;
  finding.message = fmt::format("{} stands in schema public, where the contract wants nothing", subject.kind);
  finding.consider = fmt::format("ALTER {} {} SET SCHEMA {}", command, name, quoted(application));
  finding.subject = std::move(subject);
  return finding;
}

Examined check(const Judged& judged) {
  const Observation& seen = judged.observation;
  const Schema* home = seen.schema_named("public");
  if (!home) return {{}, "there is no schema public", {}};
  const std::string& application = judged.contract.schemas.application.name;
  if (application == "public") return {{}, "the contract's application schema is public", {}};
  const auto owned = owned_sequences(seen);
  Examined examined;
  examined.examined = "relations and functions; types are not observed";
  for (const Relation& relation : seen.relations_of(home->oid)) {
    if (relation.from_extension || owned.contains(relation.oid)) continue;
    examined.findings.push_back(
        in_public(subject_of(seen, relation), upper(kind_of(relation)), seen.name_of(relation), application));
  }
  for (const Function& function : seen.functions_of(home->oid)) {
    if (function.from_extension) continue;
    examined.findings.push_back(in_public(subject_of(seen, function), "ROUTINE", seen.name_of(function), application));
  }
  return examined;
}

}  // namespace

const Clause kSchemaNothingInPublic = {
    .id = "schema.nothing_in_public",
    .title = "schema public is empty",
    .sentence = "Schemas are stratmaster_api, _demo, _telemetry and tenant_<id> (design rule: and no other).",
    .why =
        "public is on everybody's default search path. What lands there by accident is found before, or instead of, "
        "the object that was meant, and on older clusters anybody could put it there.",
    .needs = {Fact::Schemas, Fact::Relations, Fact::Functions, Fact::Sequences},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
