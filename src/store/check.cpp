#include "store/check.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/uuid.hpp"

namespace pgcontract::store {
namespace {

constexpr std::size_t kMiB = std::size_t{1} << 20;
constexpr std::size_t kInParts = 17 * kMiB;  // more than one part of Limits::part_size
constexpr std::chrono::seconds kClockNear{60};
constexpr std::string_view kOddLeaf = "odd/a b+c%2F&=ü";
constexpr int kListed = 7;  // more than two pages of three

// What a trial found: Good or Weak with a sentence. An Error is "missing", with its own words.
struct Finding {
  TrialState state = TrialState::Good;
  std::string found;
};

class Trials {
 public:
  explicit Trials(Store& store) : store_(store), root_(fmt::format("pgcontract-check-{}/", Uuid::random().hex())) {}

  Result<Finding> put();
  Result<Finding> get();
  Result<Finding> range();
  Result<Finding> if_absent();
  Result<Finding> parts();
  Result<Finding> parts_if_absent();
  Result<Finding> list();
  Result<Finding> names();
  Result<Finding> remove();
  Result<Finding> clock();

 private:
  std::string name(std::string_view leaf) const { return root_ + std::string(leaf); }
  Result<Finding> refused_to_second(const std::string& name, const Source& other);
  Result<std::vector<std::string>> listed(const std::string& after);

  Store& store_;
  std::string root_;
};

Failure wrong(std::string message, std::string hint) {
  return fail(ErrorCode::Unsupported, std::move(message), std::move(hint));
}

// `size` bytes that differ with `seed`.
Source filler(std::size_t size, char seed) {
  return [size, seed, at = std::size_t{0}](std::span<char> into) mutable -> Result<std::size_t> {
    const std::size_t count = std::min(into.size(), size - at);
    for (std::size_t i = 0; i < count; ++i) into[i] = static_cast<char>(((at + i) * 2654435761u >> 13) + seed);
    at += count;
    return count;
  };
}

Finding agreed(const Stored& stored, std::string_view what) {
  if (stored.agreed == Agreed::Size)
    return {TrialState::Weak, fmt::format("{}; the store tells no digest of it, so that only its size is held against "
                                          "what was sent",
                                          what)};
  return {TrialState::Good, fmt::format("{}; the store agreed in size and {}", what, to_string(stored.agreed))};
}

Result<Finding> Trials::put() {
  PGC_TRY(const Stored stored, put_text(store_, name("object"), "one"));
  // A folder has no digest to give, and needs none: its bytes went over no wire.
  if (!store_.clock_ahead()) return Finding{TrialState::Good, "an object was stored and flushed to the disk"};
  return agreed(stored, "an object was stored");
}

Result<Finding> Trials::get() {
  PGC_TRY(const std::string text, get_text(store_, name("object"), kMiB));
  if (text != "one") return wrong("the object came back with other content", "Do not keep backups in this store.");
  return Finding{TrialState::Good, "it came back as it was"};
}

Result<Finding> Trials::range() {
  PGC_TRY(const std::string text, get_text(store_, name("object"), kMiB, {.offset = 1, .length = 1}));
  if (text != "n") return wrong("a range of it is not what was asked for", "Restores read ranges: use another store.");
  return Finding{TrialState::Good, "a range of it is what was asked for"};
}

// The second writer of a name must lose, and the second with the same bytes must not.
Result<Finding> Trials::refused_to_second(const std::string& name, const Source& other) {
  const auto second = store_.put(name, other, {.if_absent = true});
  if (!second && second.error().code == ErrorCode::Conflict)
    return Finding{TrialState::Good, "a second writer with other content is refused, and with the same it is not"};
  if (!second) return fail(second.error());
  return wrong(
      "a second writer with other content replaced it",
      "The store does not honour If-None-Match: two clusters under one prefix would destroy each other's WAL in "
      "silence. Use a newer version of it, or another store.");
}

Result<Finding> Trials::if_absent() {
  PGC_TRY(const Stored same, put_text(store_, name("object"), "one", {.if_absent = true}));
  if (!same.was_there)
    return wrong(
        "a second writer replaced it",
        "The store does not honour If-None-Match: two clusters under one prefix would destroy each other's WAL "
        "in silence. Use a newer version of it, or another store.");
  return refused_to_second(name("object"), filler(3, 1));
}

Result<Finding> Trials::parts() {
  PGC_TRY(const Stored stored, store_.put(name("large"), filler(kInParts, 1), {.if_absent = true}));
  PGC_TRY(const Got got, store_.get(name("large"), {}, [](std::string_view) { return Result<void>(); }));
  if (got.sha256 != stored.sha256)
    return wrong("a large object came back with other content", "Do not keep backups in this store.");
  const std::string what = fmt::format("{} MiB were stored and came back as they were", kInParts / kMiB);
  if (!store_.clock_ahead()) return Finding{TrialState::Good, what};
  return agreed(stored, what);
}

// Besides a writer that comes later: one that comes while our parts are on their way, and finishes first. put() looks
// before it sends, so only the store itself can refuse the second of these.
Result<Finding> Trials::parts_if_absent() {
  PGC_TRY(Finding found, refused_to_second(name("large"), filler(kInParts, 2)));
  std::size_t read = 0;
  const Source late = [&, bytes = filler(kInParts, 3)](std::span<char> into) -> Result<std::size_t> {
    if (read > Limits{}.part_size && read < kInParts) PGC_CHECK(put_text(store_, name("race"), "first"));
    PGC_TRY(const std::size_t count, bytes(into));
    read += count;
    return count;
  };
  const auto second = store_.put(name("race"), late, {.if_absent = true});
  if (!second && second.error().code == ErrorCode::Conflict) return found;
  if (!second) return fail(second.error());
  return Finding{TrialState::Weak,
                 "a later writer is refused, but of two that send parts at the same time the second one to end wins"};
}

Result<std::vector<std::string>> Trials::listed(const std::string& after) {
  std::vector<std::string> found;
  PGC_CHECK(store_.list(name("list/"), after, [&](const Object& object) -> Result<bool> {
    found.push_back(object.name);
    return true;
  }));
  return found;
}

Result<Finding> Trials::list() {
  std::vector<std::string> expected;
  for (int i = 0; i < kListed; ++i) {
    expected.push_back(name(fmt::format("list/{}", i)));
    PGC_CHECK(put_text(store_, expected.back(), ""));
  }
  PGC_TRY(const auto all, listed(""));
  PGC_TRY(const auto rest, listed(expected[2]));
  if (all != expected || !std::equal(rest.begin(), rest.end(), expected.begin() + 3, expected.end()))
    return wrong(fmt::format("of {} objects the listing names {}, of the {} behind one of them {}", expected.size(),
                             all.size(), expected.size() - 3, rest.size()),
                 "Retention and restores rest on listings: use another store.");
  return Finding{TrialState::Good, fmt::format("{} objects are listed in order, page by page, each once", kListed)};
}

Result<Finding> Trials::names() {
  const std::string odd = name(kOddLeaf);
  PGC_CHECK(put_text(store_, odd, "x"));
  std::vector<std::string> found;
  PGC_CHECK(store_.list(name("odd/"), "", [&](const Object& object) -> Result<bool> {
    found.push_back(object.name);
    return true;
  }));
  PGC_TRY(const std::string text, get_text(store_, odd, 10));
  if (text != "x" || found != std::vector{odd})
    return wrong("a name with blanks, + and % is not listed as it was given",
                 "Something between here and the store rewrites names: a proxy, perhaps.");
  return Finding{TrialState::Good, "a name with blanks, +, % and letters outside ASCII is kept as it was given"};
}

// All that was tried, whether or not it can be listed: nothing of a check is to stay.
Result<Finding> Trials::remove() {
  std::vector<std::string> all = {name("object"), name("large"), name("race"), name(kOddLeaf)};
  for (int i = 0; i < kListed; ++i) all.push_back(name(fmt::format("list/{}", i)));
  for (const auto& object : all) PGC_CHECK(store_.remove(object));
  const auto gone = store_.head(name("object"));
  if (gone)
    return wrong("a removed object is still there",
                 "Retention needs to remove: look at the bucket's policy and locks.");
  if (gone.error().code != ErrorCode::NotFound) return fail(gone.error());
  return Finding{TrialState::Good, "the objects of this check are gone"};
}

Result<Finding> Trials::clock() {
  const auto ahead = store_.clock_ahead();
  if (!ahead) return Finding{TrialState::Good, "the store is on this machine and has no clock of its own"};
  if (std::chrono::abs(*ahead) <= kClockNear)
    return Finding{TrialState::Good, fmt::format("the clocks agree within {} s", std::abs(ahead->count()) + 1)};
  return Finding{TrialState::Weak,
                 fmt::format("the store's clock is {} s {} this machine's; from 900 s on it refuses every request",
                             std::abs(ahead->count()), ahead->count() > 0 ? "ahead of" : "behind")};
}

struct Row {
  std::string_view name;
  Result<Finding> (Trials::*run)();
  std::string_view needs;  // a trial that this one builds on; empty: none
};
constexpr Row kRows[] = {
    {"put", &Trials::put, ""},
    {"get", &Trials::get, "put"},
    {"range", &Trials::range, "get"},
    {"if_absent", &Trials::if_absent, "put"},
    {"multipart", &Trials::parts, "get"},
    {"multipart_if_absent", &Trials::parts_if_absent, "multipart"},
    {"list", &Trials::list, "put"},
    {"names", &Trials::names, "list"},
    {"clock", &Trials::clock, "put"},
    {"remove", &Trials::remove, "put"},
};

bool nobody_answered(ErrorCode code) {
  return code == ErrorCode::Unreachable || code == ErrorCode::Timeout || code == ErrorCode::ConnectionLost;
}

}  // namespace

std::string_view to_string(TrialState state) {
  switch (state) {
    case TrialState::Good: return "ok";
    case TrialState::Weak: return "weak";
    case TrialState::Missing: return "missing";
    case TrialState::Untried: return "untried";
  }
  return "untried";
}

Result<std::vector<Trial>> try_store(Store& store, const std::function<void(std::string_view)>& on_trial) {
  Trials trials(store);
  std::vector<Trial> results;
  const auto stands = [&](std::string_view needed) {
    return needed.empty() || std::any_of(results.begin(), results.end(), [&](const Trial& trial) {
             return trial.name == needed && (trial.state == TrialState::Good || trial.state == TrialState::Weak);
           });
  };
  for (const auto& row : kRows) {
    Trial trial{.name = std::string(row.name), .state = TrialState::Untried, .found = {}, .hint = {}, .seconds = 0};
    if (stands(row.needs)) {
      on_trial(row.name);
      const auto began = std::chrono::steady_clock::now();
      const auto found = (trials.*row.run)();
      trial.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
      if (!found &&
          (found.error().code == ErrorCode::Cancelled || (results.empty() && nobody_answered(found.error().code))))
        return fail(found.error());
      trial.state = found ? found->state : TrialState::Missing;
      trial.found = found ? found->found : found.error().describe();
      if (!found) trial.hint = found.error().hint;
    } else {
      trial.found = fmt::format("not tried: it builds on {}", row.needs);
    }
    results.push_back(std::move(trial));
  }
  return results;
}

}  // namespace pgcontract::store
