#include <fmt/format.h>

#include "compare/declarations.hpp"
#include "compare/schema/temporal.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

// Only local time turns into an instant by one expression, and only where somebody knows that it was UTC. An array, a
// range or a bare time of day needs more thought than a statement can carry.
std::string conversion(const Judged& judged, const Relation& table, const Column& column, const std::string& base) {
  if (base != "timestamp without time zone" || !is_direct(column)) return {};
  return fmt::format("ALTER TABLE {} ALTER COLUMN {} TYPE {} USING {} AT TIME ZONE 'UTC'",
                     judged.observation.name_of(table), quoted(column.name), judged.contract.conventions.temporal_type,
                     quoted(column.name));
}

Examined check(const Judged& judged) {
  const std::string& wanted = judged.contract.conventions.temporal_type;
  const std::string wanted_type = plain_type(wanted);
  Examined examined;
  std::size_t count = 0;
  for (const Relation* table : convention_tables(judged)) {
    for (const Column& column : judged.observation.columns_of(table->oid)) {
      const std::string base = base_type(column);
      if (!is_temporal(base)) continue;
      ++count;
      if (agrees_with(base, wanted_type)) continue;
      Finding finding;
      finding.subject = subject_of(judged.observation, *table, column);
      const std::string below = is_direct(column) ? "" : fmt::format(" (over {})", base);
      finding.message = fmt::format("has type {}{}, the contract asks for {}", column.type_name, below, wanted);
      finding.consider = conversion(judged, *table, column, base);
      examined.findings.push_back(std::move(finding));
    }
  }
  examined.examined = counted(count, "temporal column");
  return examined;
}

}  // namespace

const Clause kSchemaTemporalType = {
    .id = "schema.temporal_type",
    .title = "every time of day is kept as an instant",
    .sentence = "Use TIMESTAMPTZ for all temporal columns.",
    .why =
        "A timestamp without time zone means another instant in every session whose time zone differs; two tenants "
        "read two times from one row. Arrays, ranges and domains are judged by what they are made of. A date or an "
        "interval names no instant and may stay.",
    .needs = {Fact::Schemas, Fact::Relations, Fact::Columns},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
