#include "restore/plan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

namespace pgcontract::restore {
namespace {

// WAL that must be there one segment after the other: on one timeline, from where the one before was left.
struct Stretch {
  std::uint32_t timeline = 0;
  std::uint64_t first = 0;
  std::optional<std::uint64_t> last;  // nothing: as far as it goes
};

const Run* run_with(const Archive& archive, std::uint32_t timeline, std::uint64_t segment) {
  const auto at = archive.runs.find(timeline);
  if (at == archive.runs.end()) return nullptr;
  for (const auto& run : at->second)
    if (run.first <= segment && segment <= run.last) return &run;
  return nullptr;
}

std::string name_of(const Archive& archive, std::uint32_t timeline, std::uint64_t segment) {
  return walg::segment_name({timeline, segment}, archive.segment_size);
}

// Whether `backup` lies on the way to `timeline`, ended before its own was left.
bool on_path(const BaseBackup& backup, std::uint32_t timeline, const std::vector<Switch>& path) {
  if (backup.timeline == timeline) return true;
  return std::ranges::any_of(path,
                             [&](const Switch& s) { return s.parent == backup.timeline && backup.finish_lsn <= s.at; });
}

class Planner {
 public:
  Planner(const Target& target, const std::vector<BaseBackup>& backups, const Archive& archive)
      : target_(target), backups_(backups), archive_(archive) {}

  Result<Plan> plan(const std::string& wanted) {
    PGC_TRY(const BaseBackup* const backup, choose(wanted));
    Plan plan;
    PGC_TRY(plan.chain, chain_of(*backup));
    plan.timeline = timeline_;
    for (const auto& s : path_)
      if (s.parent >= backup->timeline) plan.path.push_back(s);
    for (const auto& one : plan.chain) {
      plan.download_bytes += one.compressed_bytes;
      plan.unpacked_bytes += one.uncompressed_bytes;
    }
    PGC_CHECK(walk(*backup, plan));
    return plan;
  }

 private:
  Result<void> choose_timeline(const BaseBackup* backup) {
    std::uint32_t number = 0;
    if (target_.timeline == "current") {
      timeline_ = backup ? backup->timeline : newest()->timeline;
    } else if (target_.timeline == "latest") {
      // As the server does: the newest whose history leads to the backup. Orphans of other branches are passed over.
      const auto all = timelines(archive_, backups_);
      for (auto at = all.rbegin(); at != all.rend(); ++at) {
        const auto path = path_to(archive_, *at);
        const auto reaches = [&](const BaseBackup& one) { return path && on_path(one, *at, *path); };
        if (backup ? reaches(*backup) : std::ranges::any_of(backups_, reaches)) {
          timeline_ = *at;
          break;
        }
        if (const auto broken = archive_.broken_histories.find(*at); broken != archive_.broken_histories.end())
          return fail(ErrorCode::InvalidInput, "the history of the newest timeline cannot be read: " + broken->second,
                      "Name an older timeline with --timeline.");
        if (!path)
          return fail(ErrorCode::NotFound,
                      fmt::format("timeline {} has WAL in the archive, but its file {} is missing", *at,
                                  walg::history_name(*at)),
                      "Put the file back, or name another timeline with --timeline: without it nothing after the "
                      "switch can be restored.");
      }
    } else {
      const auto& text = target_.timeline;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc{} || end != text.data() + text.size() || number == 0)
        return fail(ErrorCode::Usage, fmt::format("\"{}\" is no timeline", text), "Give latest, current or a number.");
      timeline_ = number;
    }
    const auto path = path_to(archive_, timeline_);
    if (!path)
      return fail(ErrorCode::NotFound,
                  fmt::format("the archive has no {}, which tells where timeline {} comes from",
                              walg::history_name(timeline_), timeline_),
                  "See what there is: pgcontract backup windows");
    path_ = *path;
    return {};
  }

  const BaseBackup* newest() const { return &*std::ranges::max_element(backups_, {}, &BaseBackup::finish_lsn); }

  Result<const BaseBackup*> choose(const std::string& wanted) {
    if (backups_.empty())
      return fail(ErrorCode::NotFound, "the store holds no base backup", "Take one: pgcontract backup base");
    if (!wanted.empty() && wanted != "latest") {
      const auto at = std::ranges::find(backups_, wanted, &BaseBackup::name);
      if (at == backups_.end())
        return fail(ErrorCode::NotFound, fmt::format("there is no base backup {}", wanted),
                    "See them all: pgcontract backup list");
      PGC_CHECK(choose_timeline(&*at));
      if (!on_path(*at, timeline_, path_))
        return fail(ErrorCode::NotFound, fmt::format("backup {} is not on the way to timeline {}", wanted, timeline_),
                    "Name another backup or another timeline.");
      if (is_after_target(*at)) return fail(outside(fmt::format("backup {} ended after it", wanted), *at));
      return &*at;
    }
    PGC_CHECK(choose_timeline(nullptr));
    const BaseBackup* best = nullptr;
    const BaseBackup* first = nullptr;
    for (const auto& backup : backups_) {
      if (!on_path(backup, timeline_, path_) || !backup.problem.empty()) continue;
      if (!first || backup.finish_lsn < first->finish_lsn) first = &backup;
      if (is_after_target(backup)) continue;
      if (!best || backup.finish_lsn > best->finish_lsn) best = &backup;
    }
    if (best) return best;
    if (first) return fail(outside("no base backup ended before it", *first));
    return fail(ErrorCode::NotFound, fmt::format("no base backup lies on the way to timeline {}", timeline_),
                "See them all: pgcontract backup list");
  }

  bool is_after_target(const BaseBackup& backup) const {
    if (target_.kind == Target::Kind::Lsn) return backup.finish_lsn > target_.lsn;
    if (target_.kind == Target::Kind::Time) return backup.finished_at > target_.time;
    return false;
  }

  Error outside(const std::string& why, const BaseBackup& nearest) const {
    return Error{ErrorCode::NotFound,
                 fmt::format("{} cannot be restored: {}", describe(target_), why),
                 fmt::format("The nearest that can is LSN {}, {}: the end of {}.", walg::lsn_text(nearest.finish_lsn),
                             format_instant(nearest.finished_at), nearest.name),
                 {},
                 {},
                 {}};
  }

  Result<std::vector<BaseBackup>> chain_of(const BaseBackup& backup) const {
    std::vector<BaseBackup> chain{backup};
    while (!chain.front().delta_from.empty()) {
      const auto parent = std::ranges::find(backups_, chain.front().delta_from, &BaseBackup::name);
      if (parent == backups_.end())
        return fail(ErrorCode::NotFound,
                    fmt::format("{} builds on {}, which is not there", chain.front().name, chain.front().delta_from),
                    "Choose another backup: pgcontract backup list");
      if (chain.size() > backups_.size())
        return fail(ErrorCode::InvalidInput, fmt::format("the deltas below {} go round in a circle", backup.name));
      chain.insert(chain.begin(), *parent);
    }
    return chain;
  }

  std::vector<Stretch> stretches(const BaseBackup& backup, const Plan& plan) const {
    const auto segment = [&](Lsn lsn) { return lsn / archive_.segment_size; };
    std::vector<Stretch> found;
    std::uint64_t from = segment(backup.start_lsn);
    for (const auto& s : plan.path) {
      // The child has a copy of the segment in which its parent was left.
      if (segment(s.at) > from) found.push_back({s.parent, from, segment(s.at) - 1});
      from = std::max(from, segment(s.at));
    }
    found.push_back({plan.timeline, from, std::nullopt});
    return found;
  }

  // Each segment from the backup's first to the target's must be there.
  Result<void> walk(const BaseBackup& backup, Plan& plan) const {
    plan.first_segment = backup.start_lsn / archive_.segment_size;
    const std::uint64_t needed = (backup.finish_lsn - 1) / archive_.segment_size;
    const std::optional<std::uint64_t> end = target_.kind == Target::Kind::Lsn
                                                 ? std::optional((target_.lsn - 1) / archive_.segment_size)
                                             : target_.kind == Target::Kind::Immediate ? std::optional(needed)
                                                                                       : std::nullopt;
    for (const auto& stretch : stretches(backup, plan)) {
      std::uint64_t at = stretch.first;
      while (!stretch.last || at <= *stretch.last) {
        if (end && at > *end) return {};
        const Run* run = run_with(archive_, stretch.timeline, at);
        if (!run) break;
        plan.last_segment = std::min({run->last, stretch.last.value_or(run->last), end.value_or(run->last)});
        plan.download_bytes += run->bytes / (run->last - run->first + 1) * (plan.last_segment - at + 1);
        at = plan.last_segment + 1;
        if (target_.kind == Target::Kind::Time && run->last_time >= target_.time && at > needed) return {};
      }
      PGC_CHECK(judge_end(stretch, at, std::max(needed, end.value_or(needed)), plan));
    }
    return {};
  }

  // `at` is the first segment that is not there.
  Result<void> judge_end(const Stretch& stretch, std::uint64_t at, std::uint64_t needed, const Plan& plan) const {
    if (stretch.last && at > *stretch.last) return {};  // whole; the next timeline follows
    const auto missing = [&](const std::string& why) {
      return fail(ErrorCode::NotFound,
                  fmt::format("{} cannot be restored from {}: WAL segment {} is missing{}", describe(target_),
                              plan.backup().name, name_of(archive_, stretch.timeline, at), why),
                  at > needed_of(plan)
                      ? fmt::format("The nearest before it is LSN {}.", walg::lsn_text(at * archive_.segment_size))
                      : "The backup cannot be made consistent without it: take another with --backup.");
    };
    if (at <= needed || stretch.last) return missing("");
    const auto runs = archive_.runs.find(stretch.timeline);
    if (runs == archive_.runs.end()) return {};
    for (const auto& run : runs->second)
      if (run.first > at)
        return missing(fmt::format(", and {} comes after it", name_of(archive_, stretch.timeline, run.first)));
    if (target_.kind != Target::Kind::Time) return {};
    const Run* last = run_with(archive_, stretch.timeline, at - 1);
    const Instant reached = last ? last->last_time : plan.backup().finished_at;
    if (target_.time <= reached) return {};
    return fail(ErrorCode::NotFound,
                fmt::format("{} cannot be restored: the archive ends before it", describe(target_)),
                fmt::format("The newest WAL, {}, was stored at {}: the end is --latest.",
                            name_of(archive_, stretch.timeline, at - 1), format_instant(reached)));
  }

  std::uint64_t needed_of(const Plan& plan) const { return (plan.backup().finish_lsn - 1) / archive_.segment_size; }

  const Target& target_;
  const std::vector<BaseBackup>& backups_;
  const Archive& archive_;
  std::uint32_t timeline_ = 0;
  std::vector<Switch> path_;
};

}  // namespace

std::string describe(const Target& target) {
  switch (target.kind) {
    case Target::Kind::Latest: return "the end of the archive";
    case Target::Kind::Immediate: return "the end of the backup";
    case Target::Kind::Time: return target.text;
    case Target::Kind::Lsn: return "LSN " + target.text;
    case Target::Kind::Name: return fmt::format("restore point \"{}\"", target.text);
    case Target::Kind::Transaction: return "transaction " + target.text;
  }
  return {};
}

std::optional<std::vector<Switch>> path_to(const Archive& archive, std::uint32_t timeline) {
  if (const auto at = archive.histories.find(timeline); at != archive.histories.end()) return at->second;
  if (timeline == 1) return std::vector<Switch>{};
  return std::nullopt;
}

std::vector<std::uint32_t> timelines(const Archive& archive, const std::vector<BaseBackup>& backups) {
  std::set<std::uint32_t> all;
  for (const auto& [timeline, runs] : archive.runs) all.insert(timeline);
  for (const auto& [timeline, history] : archive.histories) all.insert(timeline);
  for (const auto& [timeline, why] : archive.broken_histories) all.insert(timeline);
  for (const auto& backup : backups) all.insert(backup.timeline);
  return {all.begin(), all.end()};
}

Result<Plan> make_plan(const Target& target, const std::string& wanted, const std::vector<BaseBackup>& backups,
                       const Archive& archive) {
  return Planner(target, backups, archive).plan(wanted);
}

}  // namespace pgcontract::restore
