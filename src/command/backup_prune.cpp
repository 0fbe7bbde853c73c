#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <set>

#include "backup/catalogue.hpp"
#include "base/interrupt.hpp"
#include "command/backup_place.hpp"
#include "command/evidence.hpp"
#include "command/list.hpp"
#include "dump/catalogue.hpp"
#include "report/progress.hpp"
#include "retention/retention.hpp"
#include "wal/inventory.hpp"
#include "walg/names.hpp"

namespace pgcontract::command {
namespace {

constexpr std::size_t kAtOnce = 1000;  // names held between a listing and the removals

struct WalTotal {
  std::uint64_t segments = 0, bytes = 0;
};

// All that is in the store, and what follows from the contract.
struct View {
  wal::Inventory inventory;
  retention::Solution solution;
};

std::vector<retention::Timeline> timelines_of(const wal::Inventory& inventory) {
  std::map<std::uint32_t, retention::Timeline> found;
  for (const auto& [id, runs] : inventory.runs) {
    auto& timeline = found[id];
    for (const auto& run : runs) timeline.newest = std::max(timeline.newest, run.last_stored);
  }
  for (const auto& [id, switches] : inventory.histories) {
    found[id].parent = switches.back().parent;
    found[id].forked_at = switches.back().at;
  }
  std::vector<retention::Timeline> timelines;
  for (auto& [id, timeline] : found) {
    timeline.id = id;
    timelines.push_back(timeline);
  }
  return timelines;
}

Result<View> look_at(const BackupPlace& backup) {
  View view;
  retention::Holdings holdings;
  PGC_TRY(auto base, backup::read_base_backups(*backup.store));
  PGC_TRY(holdings.logical, dump::read_logical_backups(*backup.store));
  wal::Archive archive(*backup.store, backup.seal);
  PGC_TRY(view.inventory, wal::read_inventory(archive));
  holdings.base = std::move(base.backups);
  for (const auto& unfinished : base.unfinished) {
    const auto start = walg::parse_segment(std::string_view(unfinished.name).substr(std::string_view("base_").size()),
                                           view.inventory.segment_size);
    holdings.unfinished.push_back({unfinished.name, walg::timeline_of(unfinished.name),
                                   start ? start->number * view.inventory.segment_size : 0, unfinished.last_written});
  }
  holdings.timelines = timelines_of(view.inventory);
  const BackupPromise& promise = *backup.place.contract.backup;
  view.solution = retention::solve(holdings, promise.retention, promise.holds, now());
  return view;
}

bool goes(const View& view, const store::Object& object) {
  const auto segment = walg::parse_segment(wal::file_of_key(object.name), view.inventory.segment_size);
  if (!segment) return false;  // histories, partial segments and what is not ours stay
  const Lsn start = segment->number * view.inventory.segment_size;
  return !view.solution.keeps(segment->timeline, start, start + view.inventory.segment_size, object.modified);
}

// Objects below `prefix` that `wanted` names, oldest names first, however many there are: `act` gets some at a time.
Result<void> in_portions(store::Store& store, const std::string& prefix,
                         const std::function<bool(const store::Object&)>& wanted,
                         const std::function<Result<void>(const std::vector<store::Object>&)>& act) {
  std::string after;
  for (bool more = true; more;) {
    std::vector<store::Object> some;
    more = false;
    PGC_CHECK(store.list(prefix, after, [&](const store::Object& object) -> Result<bool> {
      after = object.name;
      if (wanted(object)) some.push_back(object);
      more = some.size() == kAtOnce;
      return !more;
    }));
    PGC_CHECK(act(some));
  }
  return {};
}

Result<WalTotal> count_wal(store::Store& store, const View& view) {
  WalTotal total;
  if (view.solution.all_wal) return total;
  PGC_CHECK(in_portions(
      store, std::string(walg::kWal), [&](const store::Object& object) { return goes(view, object); },
      [&](const std::vector<store::Object>& some) -> Result<void> {
        total.segments += some.size();
        for (const auto& object : some) total.bytes += object.size;
        return {};
      }));
  return total;
}

class Pruner {
 public:
  Pruner(const BackupPlace& backup, report::Progress& progress) : store_(*backup.store), progress_(progress) {}

  // Only what `agreed` lets go as well: between showing and removing somebody may have made it permanent.
  Result<void> run(const View& agreed, const View& view) {
    for (const auto& decision : both(agreed.solution.logical, view.solution.logical)) {
      // A backup is one by its catalogue or sentinel: that goes first, so that a killed prune leaves none that lists
      // and lacks a part.
      PGC_CHECK(remove(dump::object_key(decision, dump::kCatalogue)));
      PGC_CHECK(remove_below(dump::object_key(decision, "")));
    }
    for (const auto& decision : both(agreed.solution.base, view.solution.base)) {
      PGC_CHECK(remove(walg::sentinel_key(decision)));
      PGC_CHECK(remove_below(fmt::format("{}{}/", walg::kBackups, decision)));
    }
    if (agreed.solution.all_wal || view.solution.all_wal) return {};
    return in_portions(
        store_, std::string(walg::kWal),
        [&](const store::Object& object) { return goes(agreed, object) && goes(view, object); },
        [&](const std::vector<store::Object>& some) { return remove_all(some); });
  }
  std::uint64_t removed() const { return removed_; }

 private:
  static std::vector<std::string> both(const std::vector<retention::Decision>& a,
                                       const std::vector<retention::Decision>& b) {
    std::set<std::string> first;
    for (const auto& decision : a)
      if (!decision.stays) first.insert(decision.name);
    std::vector<std::string> names;
    for (const auto& decision : b)
      if (!decision.stays && first.contains(decision.name)) names.push_back(decision.name);
    return names;
  }

  Result<void> remove(const std::string& name) {
    if (interrupt::stop_requested())
      return fail(ErrorCode::Cancelled, fmt::format("stopped after {} objects", removed_),
                  "What is left is whole; run it again to remove the rest.");
    PGC_CHECK(store_.remove(name));
    progress_.advance(static_cast<int>(++removed_), name);
    return {};
  }
  Result<void> remove_all(const std::vector<store::Object>& objects) {
    for (const auto& object : objects) PGC_CHECK(remove(object.name));
    return {};
  }
  Result<void> remove_below(const std::string& prefix) {
    return in_portions(
        store_, prefix, [](const store::Object&) { return true; },
        [&](const std::vector<store::Object>& some) { return remove_all(some); });
  }

  store::Store& store_;
  report::Progress& progress_;
  std::uint64_t removed_ = 0;
};

Table decisions_of(const View& view) {
  Table table{"backups",
              {{"kind", "KIND"}, {"backup", "BACKUP"}, {"verdict", "VERDICT"}, {"bytes", "BYTES"}, {"why", "WHY"}},
              {}};
  const auto add = [&](const char* kind, const std::vector<retention::Decision>& decisions) {
    for (const auto& decision : decisions)
      table.rows.push_back({kind, decision.name, decision.stays ? "stays" : "goes", std::to_string(decision.bytes),
                            fmt::format("{}", fmt::join(decision.reasons, "; "))});
  };
  add("base", view.solution.base);
  add("logical", view.solution.logical);
  return table;
}

Table wal_of(const View& view) {
  Table table{"wal", {{"timeline", "TIMELINE"}, {"from", "FROM"}, {"to", "TO"}, {"why", "STAYS BECAUSE"}}, {}};
  for (const auto& kept : view.solution.wal)
    table.rows.push_back({std::to_string(kept.timeline), walg::lsn_text(kept.from),
                          kept.to == 0 ? std::nullopt : std::optional(walg::lsn_text(kept.to)), kept.reason});
  return table;
}

struct Total {
  std::size_t base = 0, logical = 0;
  std::uint64_t bytes = 0;
  WalTotal wal;
  bool nothing() const { return base == 0 && logical == 0 && wal.segments == 0; }
};

Total total_of(const View& view, const WalTotal& wal) {
  Total total{0, 0, wal.bytes, wal};
  for (const auto& decision : view.solution.base) {
    total.base += !decision.stays;
    total.bytes += decision.stays ? 0 : decision.bytes;
  }
  for (const auto& decision : view.solution.logical) {
    total.logical += !decision.stays;
    total.bytes += decision.stays ? 0 : decision.bytes;
  }
  return total;
}

std::string told(const Total& total) {
  return fmt::format("{} base backups, {} logical backups and {} WAL segments, {:.1f} MB", total.base, total.logical,
                     total.wal.segments, static_cast<double>(total.bytes) / 1e6);
}

// Where the database is not to be reached, the store is pruned nevertheless.
std::string leave_trace(const BackupPlace& backup, const Total& total, std::uint64_t objects) {
  const auto dsn = resolve_dsn(backup.place);
  if (!dsn) return dsn.error().describe();
  const auto why = leave_evidence(*dsn, "prune", backup.store->describe(),
                                  {{"base_backups", std::to_string(total.base), true},
                                   {"logical_backups", std::to_string(total.logical), true},
                                   {"wal_segments", std::to_string(total.wal.segments), true},
                                   {"objects", std::to_string(objects), true},
                                   {"bytes", std::to_string(total.bytes), true}});
  return why ? *why : why.error().describe();
}

}  // namespace

Result<Report> run_backup_prune(const Arguments& arguments) {
  PGC_TRY(const BackupPlace backup, open_backup_place(arguments));
  if (!backup.place.contract.backup)
    return fail(ErrorCode::Usage, "the contract has no backup section", "Add one with retention: see doc/contract.md.");
  report::Progress progress(!arguments.quiet, isatty(STDERR_FILENO) != 0);
  progress.begin("reading " + backup.store->describe(), 0);
  PGC_TRY(const View view, look_at(backup));
  PGC_TRY(const WalTotal wal, count_wal(*backup.store, view));
  progress.end();
  const Total total = total_of(view, wal);
  Report report;
  report.command = "backup prune";
  report.scene = scene_of(backup.place, backup.store->describe(), nullptr);
  report.tables = {decisions_of(view), wal_of(view)};
  if (total.nothing()) {
    report.notes = {"Nothing goes."};
    return report;
  }
  if (arguments.has("--dry-run")) {
    report.notes = {told(total) + " would go"};
    report.next = {"pgcontract backup prune"};
    return report;
  }
  PGC_TRY(const bool agreed,
          confirmed(arguments, fmt::format("{} go for good: {}.", told(total), backup.store->describe())));
  if (!agreed) {
    report.notes = {"Nothing was removed."};
    return report;
  }
  progress.begin("removing", 0);
  PGC_TRY(const View again, look_at(backup));
  Pruner pruner(backup, progress);
  PGC_CHECK(pruner.run(view, again));
  progress.end();
  report.notes = {fmt::format("{} are gone: {} objects", told(total), pruner.removed())};
  if (const auto why = leave_trace(backup, total, pruner.removed()); !why.empty())
    report.notes.push_back("no evidence is recorded: " + why);
  return report;
}

}  // namespace pgcontract::command
