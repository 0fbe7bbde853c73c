#include "wal/coverage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace pgcontract::wal {
namespace {

// A timeline with those that it came from, oldest first. Each counts from `begin` to the next one's.
struct Branch {
  std::uint32_t timeline = 0;
  Lsn begin = 0;
};
using Path = std::vector<Branch>;

Path path_to(std::uint32_t timeline, const Inventory& inventory) {
  Path path;
  Lsn begin = 0;
  if (const auto history = inventory.histories.find(timeline); history != inventory.histories.end())
    for (const auto& at : history->second) {
      path.push_back({at.parent, begin});
      begin = at.at;
    }
  path.push_back({timeline, begin});
  return path;
}

// The segments `from` to `to` that are to be read under the name of one timeline.
struct Stretch {
  std::uint32_t timeline = 0;
  std::uint64_t from = 0, to = 0;
};

// Which names a recovery reads from segment `first` on, up to `last`.
std::vector<Stretch> stretches(const Path& path, std::uint64_t first, std::uint64_t last, std::uint64_t segment_size) {
  std::vector<Stretch> found;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const std::uint64_t begin = std::max(first, path[i].begin / segment_size);
    std::uint64_t end = last;
    if (i + 1 < path.size()) {
      const std::uint64_t next = path[i + 1].begin / segment_size;
      if (next == 0) continue;
      end = std::min(last, next - 1);
    }
    if (begin <= end) found.push_back({path[i].timeline, begin, end});
  }
  return found;
}

const std::vector<SegmentRun>& runs_of(const Inventory& inventory, std::uint32_t timeline) {
  static const std::vector<SegmentRun> kNone;
  const auto at = inventory.runs.find(timeline);
  return at == inventory.runs.end() ? kNone : at->second;
}

struct Missing {
  std::uint32_t timeline = 0;
  std::uint64_t from = 0, to = 0;  // numbers, both missing
  std::optional<Instant> before, after;
};

void add_missing(const Stretch& stretch, const std::vector<SegmentRun>& runs, std::vector<Missing>& missing) {
  std::uint64_t next = stretch.from;
  std::optional<Instant> before;
  for (const auto& run : runs) {
    if (run.last < next) {
      before = run.last_stored;
      continue;
    }
    if (run.first > stretch.to) break;
    if (run.first > next) missing.push_back({stretch.timeline, next, run.first - 1, before, run.first_stored});
    before = run.last_stored;
    next = run.last + 1;
    if (next > stretch.to) return;
  }
  const auto after = std::ranges::find_if(runs, [&](const SegmentRun& run) { return run.first > stretch.to; });
  missing.push_back({stretch.timeline, next, stretch.to, before,
                     after == runs.end() ? std::nullopt : std::optional(after->first_stored)});
}

bool is_on(const BaseBackup& backup, const Path& path) {
  for (std::size_t i = 0; i < path.size(); ++i)
    if (path[i].timeline == backup.timeline) return i + 1 == path.size() || backup.finish_lsn <= path[i + 1].begin;
  return false;
}

std::string acknowledgement(const Missing& gap, std::uint64_t segment_size, std::span<const AcknowledgedGap> known) {
  for (const auto& each : known) {
    const auto from = walg::parse_lsn(each.from), to = walg::parse_lsn(each.to);
    if (each.timeline == gap.timeline && from && to && *from <= gap.from * segment_size &&
        *to >= (gap.to + 1) * segment_size)
      return each.by.empty() ? each.reason : fmt::format("{}: {}", each.by, each.reason);
  }
  return {};
}

class Walk {
 public:
  Walk(const Inventory& inventory, std::span<const BaseBackup> backups) : inventory_(inventory), backups_(backups) {}

  // All that ends on `timeline`, whose newest segment is `last`.
  void along(std::uint32_t timeline, std::uint64_t last);
  std::vector<RestorableWindow> windows;
  std::vector<Missing> missing;

 private:
  void open_window(const BaseBackup& backup, const Path& path, std::uint64_t end, std::optional<Instant> end_time);

  const Inventory& inventory_;
  std::span<const BaseBackup> backups_;
};

void Walk::open_window(const BaseBackup& backup, const Path& path, std::uint64_t end, std::optional<Instant> end_time) {
  const std::uint64_t size = inventory_.segment_size;
  const std::uint32_t timeline = path.back().timeline;
  const bool begins_here = backup.timeline == timeline;
  const Lsn from = begins_here ? backup.finish_lsn : path.back().begin;
  const Lsn to = end * size;  // the first missing segment's beginning
  if (to < from || (to == from && !begins_here)) return;
  const auto same = std::ranges::find_if(windows, [&](const RestorableWindow& window) {
    return window.span.timeline == timeline && window.span.to == to;
  });
  const auto from_time = begins_here ? std::optional(backup.finished_at) : std::nullopt;
  if (same != windows.end()) {
    same->backups.push_back(backup.name);
    if (from < same->span.from) {
      same->span.from = from;
      same->span.from_time = from_time;
    }
    return;
  }
  windows.push_back({{timeline, from, to, from_time, end_time}, {backup.name}});
}

void Walk::along(std::uint32_t timeline, std::uint64_t last) {
  const std::uint64_t size = inventory_.segment_size;
  const Path path = path_to(timeline, inventory_);
  std::optional<std::uint64_t> oldest;
  for (const auto& backup : backups_) {
    if (!is_on(backup, path)) continue;
    const std::uint64_t first = backup.start_lsn / size;
    oldest = std::min(oldest.value_or(first), first);
    std::vector<Missing> holes;
    for (const auto& stretch : stretches(path, first, last, size))
      add_missing(stretch, runs_of(inventory_, stretch.timeline), holes);
    const std::uint64_t end = holes.empty() ? std::max(first, last + 1) : holes.front().from;
    std::optional<Instant> end_time;
    for (const auto& run : runs_of(inventory_, timeline))
      if (run.last + 1 == end) end_time = run.last_stored;
    if (end * size >= backup.finish_lsn) open_window(backup, path, end, end_time);
  }
  if (!oldest) return;
  for (const auto& stretch : stretches(path, *oldest, last, size))
    add_missing(stretch, runs_of(inventory_, stretch.timeline), missing);
}

}  // namespace

void Inventory::add(walg::Segment segment, Instant stored) {
  auto& of = runs[segment.timeline];
  if (!of.empty() && of.back().last == segment.number)
    of.back().last_stored = std::min(of.back().last_stored, stored);  // stored twice, compressed otherwise
  else if (!of.empty() && of.back().last + 1 == segment.number)
    of.back().last = segment.number, of.back().last_stored = stored;
  else
    of.push_back({segment.number, segment.number, stored, stored});
  if (newest_stored && *newest_stored > stored) return;
  newest_stored = stored;
  newest = walg::segment_name(segment, segment_size);
}

Coverage coverage(const Inventory& inventory, std::span<const BaseBackup> backups,
                  std::span<const AcknowledgedGap> acknowledged) {
  std::vector<BaseBackup> sorted(backups.begin(), backups.end());
  std::ranges::sort(sorted, {}, [](const BaseBackup& each) { return std::pair(each.start_lsn, each.name); });
  Walk walk(inventory, sorted);
  for (const auto& [timeline, runs] : inventory.runs) walk.along(timeline, runs.back().last);
  Coverage found{std::move(walk.windows), {}};
  // Several timelines may need the same missing segments; the longest telling of it is enough.
  std::ranges::sort(walk.missing, {}, [](const Missing& each) {
    return std::tuple(each.timeline, each.from, std::numeric_limits<std::uint64_t>::max() - each.to);
  });
  std::optional<Missing> told;
  for (const auto& each : walk.missing) {
    if (told && told->timeline == each.timeline && each.to <= told->to) continue;
    told = each;
    const std::uint64_t size = inventory.segment_size;
    found.gaps.push_back({{each.timeline, each.from * size, (each.to + 1) * size, each.before, each.after},
                          acknowledgement(each, size, acknowledged)});
  }
  return found;
}

}  // namespace pgcontract::wal
