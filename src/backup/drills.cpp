#include "backup/drills.hpp"

#include <fmt/format.h>

#include <charconv>
#include <nlohmann/json.hpp>

namespace pgcontract::backup {
namespace {

constexpr std::string_view kDrills = "drills/";
constexpr std::string_view kReport = ".json";
constexpr std::size_t kLargestReport = std::size_t{16} << 20;

// The outcome and the first check that failed, from the report's tables.
void read_outcome(const std::string& text, DrillRecord& drill) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  drill.outcome = "its report cannot be read";
  if (!json.is_object() || !json.contains("tables")) return;
  const auto& tables = json["tables"];
  const auto word = [](const nlohmann::json& row, const char* key) {
    return row.is_object() && row.contains(key) && row[key].is_string() ? row[key].get<std::string>() : std::string();
  };
  if (!tables.is_object() || !tables.contains("drill") || !tables["drill"].is_array()) return;
  for (const auto& row : tables["drill"])
    if (word(row, "fact") == "outcome") drill.proven = word(row, "value") == "proved";
  drill.outcome.clear();
  if (drill.proven || !tables.contains("checks")) return;
  for (const auto& row : tables["checks"])
    if (drill.outcome.empty() && word(row, "verdict") == "failed")
      drill.outcome = fmt::format("{}: {}", word(row, "check"), word(row, "found"));
}

}  // namespace

Result<std::vector<DrillRecord>> read_drills(store::Store& store) {
  std::vector<DrillRecord> drills;
  PGC_CHECK(store.list(std::string(kDrills), "", [&](const store::Object& object) -> Result<bool> {
    std::string_view id = object.name;
    id.remove_prefix(kDrills.size());
    if (!id.ends_with(kReport) || id.find('/') != id.npos) return true;
    id.remove_suffix(kReport.size());
    drills.push_back({std::string(id), object.modified, true, ""});
    return true;
  }));
  if (drills.empty()) return drills;
  DrillRecord& last = drills.back();
  PGC_TRY(const auto text, store::get_text(store, fmt::format("{}{}{}", kDrills, last.id, kReport), kLargestReport));
  last.proven = false;
  read_outcome(text, last);
  return drills;
}

}  // namespace pgcontract::backup
