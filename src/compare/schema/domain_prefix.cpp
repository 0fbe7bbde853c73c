#include <fmt/ranges.h>

#include <algorithm>

#include "compare/declarations.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

constexpr std::size_t kLongestIdentifier = 63;  // NAMEDATALEN - 1, in bytes; PostgreSQL cuts what is longer

bool has_prefix(Text name, const std::vector<std::string>& prefixes) {
  return std::ranges::any_of(prefixes, [&](const auto& prefix) { return name.starts_with(prefix); });
}

// The first prefix is a guess that a person has to weigh. No statement where the server would cut the new name.
std::string rename(const Observation& observation, const Relation& table, const std::string& prefix) {
  const std::string name = prefix + std::string(table.name);
  if (name.size() > kLongestIdentifier) return {};
  return fmt::format("ALTER TABLE {} RENAME TO {}", observation.name_of(table), quoted(name));
}

Examined check(const Judged& judged) {
  const auto& conventions = judged.contract.conventions;
  if (conventions.table_prefixes.empty()) return {{}, "no table prefixes in the contract", {}};
  const Schema* application = judged.observation.schema_named(judged.contract.schemas.application.name);
  Examined examined;
  std::size_t count = 0;
  for (const Relation* table : convention_tables(judged)) {
    const bool reference = application && table->schema == application->oid && !conventions.reference_prefix.empty() &&
                           table->name.starts_with(conventions.reference_prefix);
    if (reference) continue;  // schema.reference_data's
    ++count;
    if (has_prefix(table->name, conventions.table_prefixes)) continue;
    Finding finding;
    finding.subject = subject_of(judged.observation, *table);
    finding.message = fmt::format("starts with no domain; the contract asks for one of {}",
                                  fmt::join(conventions.table_prefixes, ", "));
    finding.consider = rename(judged.observation, *table, conventions.table_prefixes.front());
    examined.findings.push_back(std::move(finding));
  }
  examined.examined = counted(count, "table");
  return examined;
}

}  // namespace

const Clause kSchemaDomainPrefix = {
    .id = "schema.domain_prefix",
    .title = "each table's name starts with its domain",
    .sentence = "Always prefix tables with a domain (research_, agents_, knowledge_).",
    .why =
        "The domain in the name tells who answers for a table in every plan, log line and dashboard. Telemetry's "
        "tables are Langfuse's own and Alembic's version table is Alembic's; neither is judged.",
    .needs = {Fact::Schemas, Fact::Relations},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
