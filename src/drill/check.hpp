#pragma once
// What a drill found, as values: one Check a proof, and the run with its times. Pure.

#include <optional>
#include <string>
#include <vector>

#include "base/instant.hpp"
#include "model/backup.hpp"

namespace pgcontract::drill {

enum class Verdict { Proved, Failed, NotJudged };
std::string_view to_string(Verdict verdict);  // "proved", "failed", "not_judged"

struct Check {
  std::string name;  // "amcheck"
  Verdict verdict = Verdict::Proved;
  double seconds = 0;
  std::string found;  // what was examined, what failed, or why it was not judged
};

struct Run {
  std::string id;  // 20261123T031500Z
  Instant at{};
  std::string environment;
  std::string store;
  std::string kind;  // "latest", "oldest", "random", "switch"
  std::string backup;
  std::string target;
  std::string reached;  // "LSN 0/5000110 on timeline 2"
  std::optional<Instant> last_commit;
  double unpack_seconds = 0, replay_seconds = 0, fetch_wal_seconds = 0, check_seconds = 0;
  std::uint64_t stored_bytes = 0, unpacked_bytes = 0, files = 0, segments = 0;
  std::optional<double> rpo_seconds;  // of a drill to the end of the archive
  int objective_rpo_minutes = 0, objective_rto_minutes = 0;
  std::vector<Check> checks;
  double rto_seconds() const { return unpack_seconds + replay_seconds; }
  bool proved() const;
  int count(Verdict verdict) const;
};

// The entry of the runbook, Markdown, from its marker to its last line.
std::string runbook_entry(const Run& run);
inline constexpr std::string_view kRunbookHeading = "# Disaster recovery of PostgreSQL\n";

}  // namespace pgcontract::drill
