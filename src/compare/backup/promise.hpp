#pragma once
// What the clauses on backups share: whether there are facts to judge by, ages, and findings that name a backup. Pure.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "model/clause.hpp"

namespace pgcontract::compare {

using Age = std::chrono::milliseconds;

// The verdict where nothing was promised or nothing could be read; nothing: go on. `promised` empty: not promised.
std::optional<Examined> not_judged(const Judged& judged, std::string_view promised, std::string_view what);

Age age_of(const Judged& judged, Instant instant);
std::string shown_age(Age age);  // "40 minutes", "26 hours", "3 days"
// How old the newest of what happens hourly, nightly, daily … may be: once, and a little.
Age allowed_age(std::string_view word);
std::string shown_bytes(std::uint64_t bytes);

// `label` as waivers name it: a backup's name, or what is promised ("logical", "base").
Finding backup_finding(std::string_view label, std::string message);

// Since when the cluster is there: initdb leaves the second in the system identifier. Nothing where that is not known.
std::optional<Instant> made_at(const Observation& observation);

}  // namespace pgcontract::compare
