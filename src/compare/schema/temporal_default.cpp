#include <fmt/format.h>

#include <cctype>
#include <optional>

#include "compare/declarations.hpp"
#include "compare/schema/temporal.hpp"
#include "compare/scope.hpp"

namespace pgcontract::compare {
namespace {

// Takes the last cast to an instant off: it changes nothing here. A cast to anything else (a date) changes the value.
bool take_cast(std::string& text) {
  const auto cast = text.rfind("::");
  if (cast == std::string::npos) return false;
  std::string type = text.substr(cast + 2);
  if (const auto open = type.find('('); open != std::string::npos) type.erase(open, type.find(')') - open + 1);
  if (type != "timestampwithtimezone" && type != "timestamptz") return false;
  text.erase(cast);
  return true;
}

// Takes a pair of parentheses around the whole off.
bool take_parentheses(std::string& text) {
  if (!text.starts_with("(")) return false;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(') ++depth;
    if (text[i] == ')') --depth;
    if (depth == 0 && i + 1 < text.size()) return false;
  }
  if (depth != 0) return false;
  text = text.substr(1, text.size() - 2);
  return true;
}

// One spelling for the start of the transaction, however the server or the team writes it.
std::string normalised(std::string_view expression) {
  std::string text;
  for (char c : expression)
    if (c != ' ') text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  constexpr std::string_view kPrefix = "pg_catalog.";
  for (auto at = text.find(kPrefix); at != std::string::npos; at = text.find(kPrefix)) text.erase(at, kPrefix.size());
  while (take_cast(text) || take_parentheses(text)) continue;
  if (text == "current_timestamp" || text == "transaction_timestamp()") return "now()";
  return text;
}

std::optional<Finding> judge_column(const Judged& judged, const Relation& table, const Column& column,
                                    const std::string& wanted) {
  if (normalised(column.default_expression) == wanted) return std::nullopt;
  const std::string& shown = judged.contract.conventions.temporal_default;
  Finding finding;
  finding.subject = subject_of(judged.observation, table, column);
  finding.consider = fmt::format("ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {}", judged.observation.name_of(table),
                                 quoted(column.name), shown);
  if (column.default_expression.empty()) {
    finding.message = fmt::format("has no default, the contract asks for {}", shown);
    // A domain may be over an array, and may bring its own default: that is for a person to see.
    if (is_direct(column)) finding.tags = {"default"};
  } else {
    finding.message = fmt::format("has default {}, the contract asks for {}", column.default_expression, shown);
  }
  return finding;
}

Examined check(const Judged& judged) {
  const auto& conventions = judged.contract.conventions;
  const std::string wanted_type = plain_type(conventions.temporal_type);
  const std::string wanted = normalised(conventions.temporal_default);
  Examined examined;
  std::size_t count = 0;
  for (const Relation* table : convention_tables(judged)) {
    for (const Column& column : judged.observation.columns_of(table->oid)) {
      // A column of another type is schema.temporal_type's; an array or a generated column cannot have this default.
      if (column.generated != 0 || column.type_name.ends_with("[]") || base_type(column) != wanted_type) continue;
      ++count;
      if (auto finding = judge_column(judged, *table, column, wanted)) examined.findings.push_back(*std::move(finding));
    }
  }
  examined.examined = counted(count, "column");
  return examined;
}

}  // namespace

const Clause kSchemaTemporalDefault = {
    .id = "schema.temporal_default",
    .title = "every instant defaults to the start of its transaction",
    .sentence = "Use TIMESTAMPTZ for all temporal columns and default to NOW().",
    .why =
        "A row whose time the client sets carries the client's clock. With the default, rows of one transaction "
        "share one instant of one clock. CURRENT_TIMESTAMP and transaction_timestamp() are the same instant.",
    .needs = {Fact::Schemas, Fact::Relations, Fact::Columns},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
