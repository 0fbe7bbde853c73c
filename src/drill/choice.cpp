#include "drill/choice.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>

namespace pgcontract::drill {
namespace {

using restore::Archive;
using restore::Target;

constexpr std::array<std::string_view, 4> kKinds = {"latest", "random", "oldest", "switch"};

std::vector<const BaseBackup*> usable(const std::vector<BaseBackup>& backups) {
  std::vector<const BaseBackup*> found;
  for (const auto& backup : backups)
    if (backup.problem.empty()) found.push_back(&backup);
  return found;
}

Target immediate() { return {Target::Kind::Immediate, {}, 0, {}, "current"}; }

// Where the WAL that follows a backup without a hole begins its last segment: any position before it is reached.
Lsn reachable(const BaseBackup& backup, const Archive& archive) {
  const auto runs = archive.runs.find(backup.timeline);
  const std::uint64_t segment = backup.start_lsn / archive.segment_size;
  if (runs != archive.runs.end())
    for (const auto& run : runs->second)
      if (run.first <= segment && segment <= run.last) return run.last * archive.segment_size;
  return 0;
}

Choice oldest(const std::vector<const BaseBackup*>& backups) {
  return {"oldest", (*std::ranges::min_element(backups, {}, &BaseBackup::finish_lsn))->name, immediate()};
}

Choice random(const std::vector<const BaseBackup*>& backups, std::uint64_t seed, const Archive& archive) {
  std::mt19937_64 dice(seed);
  const BaseBackup& backup = *backups[std::uniform_int_distribution<std::size_t>(0, backups.size() - 1)(dice)];
  Choice choice{"random", backup.name, immediate()};
  const Lsn end = reachable(backup, archive);
  if (end <= backup.finish_lsn) return choice;
  Target& target = choice.target;
  target.kind = Target::Kind::Lsn;
  target.lsn = std::uniform_int_distribution<Lsn>(backup.finish_lsn, end)(dice);
  target.text = walg::lsn_text(target.lsn);
  return choice;
}

// Along the newest timeline, from a backup of one before it.
std::optional<Choice> across(const std::vector<const BaseBackup*>& backups, const Archive& archive) {
  for (auto at = archive.histories.rbegin(); at != archive.histories.rend(); ++at) {
    const BaseBackup* best = nullptr;
    for (const auto& s : at->second)
      for (const BaseBackup* backup : backups)
        if (backup->timeline == s.parent && backup->finish_lsn <= s.at &&
            (!best || backup->finish_lsn > best->finish_lsn))
          best = backup;
    if (best) return Choice{"switch", best->name, {Target::Kind::Latest, {}, 0, {}, std::to_string(at->first)}};
  }
  return std::nullopt;
}

}  // namespace

Result<Choice> choose(std::string_view kind, std::uint64_t turn, std::uint64_t seed,
                      const std::vector<BaseBackup>& backups, const Archive& archive) {
  const auto found = usable(backups);
  if (found.empty())
    return fail(ErrorCode::NotFound,
                backups.empty() ? "the store holds no base backup"
                                : fmt::format("no base backup of the store can be restored; {}: {}",
                                              backups.back().name, backups.back().problem),
                "Take one: pgcontract backup base");
  const bool in_turn = kind == "turn";
  if (in_turn) kind = kKinds[turn % kKinds.size()];
  if (kind == "switch") {
    if (auto choice = across(found, archive)) return *choice;
    if (!in_turn)
      return fail(ErrorCode::NotFound, "the archive knows of no timeline switch after a base backup",
                  "Choose another target: latest, oldest or random.");
    kind = kKinds[0];
  }
  if (kind == "latest") return Choice{"latest", {}, {}};
  if (kind == "oldest") return oldest(found);
  if (kind == "random") return random(found, seed, archive);
  return fail(ErrorCode::Usage, fmt::format("\"{}\" is no target of a drill", kind),
              "Give latest, oldest, random, switch or turn.");
}

}  // namespace pgcontract::drill
