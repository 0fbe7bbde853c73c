#include "lint/weigh.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace pgcontract::lint {
namespace {

constexpr double kMega = 1024.0 * 1024.0;
constexpr double kSmall = 8 * kMega;     // read in a few hundredths of a second
constexpr double kMiddle = 128 * kMega;  // in about a second
constexpr double kLarge = 1024 * kMega;
constexpr double kBusy = 1e6;  // scans and rows written since the statistics began

std::string size_text(double bytes) {
  if (bytes < kMega) return fmt::format("{:.0f} kB", std::ceil(bytes / 1024));
  if (bytes < kLarge) return fmt::format("{:.0f} MB", bytes / kMega);
  return fmt::format("{:.1f} GB", bytes / kLarge);
}

std::string count_text(double count) {
  if (count >= 1e6) return fmt::format("{:.1f} million", count / 1e6);
  return fmt::format("{:.0f}", count);
}

}  // namespace

void weigh(Finding& finding, const std::string& table, const HistoryInput& history) {
  if (!history.sizes_known || table.empty()) return;
  const auto at = history.sizes.find(table);
  if (at == history.sizes.end()) {
    finding.severity = Severity::Note;
    finding.message += "; the target has no such table yet";
    return;
  }
  const TableSize& size = at->second;
  const bool busy = size.reads + size.writes >= kBusy;
  if (size.bytes < kSmall)
    finding.severity = busy ? std::max(finding.severity, Severity::Warning) : Severity::Note;
  else if (size.bytes < kMiddle && !busy)
    finding.severity = std::max(finding.severity, Severity::Warning);
  else if (size.bytes >= kLarge || busy)
    finding.severity = Severity::Error;
  const std::string rows = size.rows < 0 ? "never analysed" : count_text(size.rows) + " rows";
  finding.message +=
      fmt::format("; on the target {}{}, {}, {} scans and {} rows written", size_text(size.bytes),
                  history.tenant ? " in " + size.schema : "", rows, count_text(size.reads), count_text(size.writes));
}

}  // namespace pgcontract::lint
