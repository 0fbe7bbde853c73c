#include "dump/packing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace pgcontract::dump {
namespace {

constexpr int kLocksOfOneDump = 32;  // besides its tables: catalogs, for the time of a statement

// Schemas that depend on each other in a circle belong into one dump: Tarjan's strongly connected components, without
// recursion. Each comes after all that it needs.
class Circles {
 public:
  explicit Circles(const std::vector<SchemaLoad>& schemas)
      : schemas_(schemas), index_(schemas.size(), kUnseen), low_(schemas.size(), 0), open_(schemas.size(), false) {}

  std::vector<std::vector<std::size_t>> found() {
    for (std::size_t i = 0; i < schemas_.size(); ++i)
      if (index_[i] == kUnseen) walk(i);
    return std::move(circles_);
  }

 private:
  static constexpr std::size_t kUnseen = SIZE_MAX;
  struct Frame {
    std::size_t schema;
    std::size_t next = 0;
  };

  void enter(std::size_t schema) {
    index_[schema] = low_[schema] = count_++;
    open_[schema] = true;
    stack_.push_back(schema);
    frames_.push_back({schema});
  }

  void walk(std::size_t root) {
    enter(root);
    while (!frames_.empty()) {
      Frame& frame = frames_.back();
      const std::size_t at = frame.schema;
      if (frame.next < schemas_[at].needs.size()) {
        const std::size_t needed = schemas_[at].needs[frame.next++];
        if (index_[needed] == kUnseen)
          enter(needed);
        else if (open_[needed])
          low_[at] = std::min(low_[at], index_[needed]);
        continue;
      }
      frames_.pop_back();
      if (!frames_.empty()) low_[frames_.back().schema] = std::min(low_[frames_.back().schema], low_[at]);
      if (low_[at] == index_[at]) close(at);
    }
  }

  void close(std::size_t root) {
    circles_.emplace_back();
    for (std::size_t schema = kUnseen; schema != root;) {
      schema = stack_.back();
      stack_.pop_back();
      open_[schema] = false;
      circles_.back().push_back(schema);
    }
    std::ranges::sort(circles_.back());
  }

  const std::vector<SchemaLoad>& schemas_;
  std::vector<std::size_t> index_, low_;
  std::vector<bool> open_;
  std::vector<std::size_t> stack_;
  std::vector<Frame> frames_;
  std::size_t count_ = 0;
  std::vector<std::vector<std::size_t>> circles_;
};

// What goes with the database must be restored first: so does all that it needs.
std::vector<bool> with_database(const std::vector<SchemaLoad>& schemas) {
  std::vector<bool> taken(schemas.size(), false);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < schemas.size(); ++i)
    if (schemas[i].with_database) open.push_back(i);
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    if (taken[at]) continue;
    taken[at] = true;
    open.insert(open.end(), schemas[at].needs.begin(), schemas[at].needs.end());
  }
  return taken;
}

void add(Batch& batch, const std::vector<SchemaLoad>& schemas, const std::vector<std::size_t>& members) {
  for (const auto member : members) {
    batch.schemas.push_back(member);
    batch.locks += schemas[member].locks;
  }
}

Failure too_large(const Batch& group, const std::vector<SchemaLoad>& schemas, const LockSpace& space) {
  const int slots = std::max(1, space.max_connections + space.max_prepared);
  const int needed = (group.locks + kLocksOfOneDump) * 4 / 3 + space.used;
  std::string names = group.schemas.empty() ? "the database" : schemas[group.schemas.front()].name;
  if (group.schemas.size() > 1)
    names += fmt::format(" and {} that must be dumped together with it", group.schemas.size() - 1);
  return fail(
      ErrorCode::Unsupported,
      fmt::format("a dump of schema {} locks {} tables and sequences at once, and the server has room for {}", names,
                  group.locks, lock_budget(space, 1)),
      fmt::format("Set max_locks_per_transaction to {} or more and restart the server.", (needed + slots - 1) / slots));
}

}  // namespace

int lock_budget(const LockSpace& space, int jobs) {
  const int room = std::max(0, space.promised() - space.used) * 3 / 4;
  return std::max(0, room / std::max(1, jobs) - kLocksOfOneDump);
}

Result<Packing> pack(const std::vector<SchemaLoad>& schemas, const LockSpace& space, int jobs) {
  const std::vector<bool> database = with_database(schemas);
  Packing packing;
  std::vector<Batch> groups;
  for (const auto& circle : Circles(schemas).found()) {
    // A circle is all with the database, or none of it.
    Batch& group = database[circle.front()] ? packing.database : groups.emplace_back();
    add(group, schemas, circle);
  }
  int largest = packing.database.locks, total = 0;
  const Batch* widest = &packing.database;
  std::uint64_t bytes = 0;
  for (const auto& group : groups) {
    total += group.locks;
    if (group.locks > largest) widest = &group;
    largest = std::max(largest, group.locks);
  }
  for (const auto& schema : schemas) bytes += schema.bytes;
  packing.jobs = std::max(1, jobs);
  while (packing.jobs > 1 && lock_budget(space, packing.jobs) < largest) --packing.jobs;
  packing.budget = lock_budget(space, packing.jobs);
  if (packing.budget < largest) return too_large(*widest, schemas, space);
  // Each pg_dump reads the whole catalog, so there are no more of them than keep everybody busy.
  const int rounds = std::max(1, (total + packing.budget - 1) / std::max(1, packing.budget));
  const int wanted = (rounds + packing.jobs - 1) / packing.jobs * packing.jobs;
  const int full = std::min(packing.budget, (total + wanted - 1) / wanted);
  const std::uint64_t heavy = bytes / static_cast<std::uint64_t>(packing.jobs) + 1;
  std::uint64_t weight = 0;
  for (const auto& group : groups) {
    const std::uint64_t more =
        std::accumulate(group.schemas.begin(), group.schemas.end(), std::uint64_t{0},
                        [&](std::uint64_t sum, std::size_t i) { return sum + schemas[i].bytes; });
    const bool fits = !packing.batches.empty() && packing.batches.back().locks < full &&
                      packing.batches.back().locks + group.locks <= packing.budget && weight + more <= heavy;
    if (!fits) {
      packing.batches.emplace_back();
      weight = 0;
    }
    add(packing.batches.back(), schemas, group.schemas);
    weight += more;
  }
  return packing;
}

}  // namespace pgcontract::dump
