#include "compare/backup/promise.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace pgcontract::compare {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;

std::optional<Examined> not_judged(const Judged& judged, std::string_view promised, std::string_view what) {
  if (judged.environment.store == "none")
    return Examined{{}, fmt::format("environment {} keeps no backups", judged.environment.name), {}};
  if (promised.empty() || promised == "none") return Examined{{}, fmt::format("no {} promised", what), {}};
  const BackupFacts& facts = judged.observation.backups;
  if (facts.read) return std::nullopt;
  return Examined{{}, {}, facts.unreadable.empty() ? "the store of backups was not asked" : facts.unreadable};
}

Age age_of(const Judged& judged, Instant instant) { return judged.observation.taken_at - instant; }

std::string shown_age(Age age) {
  const auto counted = [](auto number, std::string_view unit) {
    return fmt::format("{} {}{}", number, unit, number == 1 ? "" : "s");
  };
  if (age >= days(3)) return counted(std::chrono::floor<days>(age).count(), "day");
  if (age >= hours(2)) return counted(std::chrono::floor<hours>(age).count(), "hour");
  return counted(std::max<long>(0, std::chrono::floor<minutes>(age).count()), "minute");
}

Age allowed_age(std::string_view word) {
  if (word == "hourly") return minutes(90);
  if (word == "nightly" || word == "daily") return hours(26);
  if (word == "weekly") return days(8);
  if (word == "monthly") return days(32);
  return days(94);  // quarterly
}

std::string shown_bytes(std::uint64_t bytes) {
  constexpr std::array kUnits = {"bytes", "kB", "MB", "GB", "TB"};
  auto number = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; number >= 1000 && unit + 1 < kUnits.size(); ++unit) number /= 1000;
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", number, kUnits[unit]);
}

Finding backup_finding(std::string_view label, std::string message) {
  Finding finding;
  finding.subject = {"backup", "", std::string(label), ""};
  finding.message = std::move(message);
  return finding;
}

std::optional<Instant> made_at(const Observation& observation) {
  const Text text = observation.server.system_identifier;
  std::uint64_t identifier = 0;
  std::from_chars(text.data(), text.data() + text.size(), identifier);
  if (identifier == 0) return std::nullopt;
  return Instant(std::chrono::seconds(identifier >> 32));
}

}  // namespace pgcontract::compare
