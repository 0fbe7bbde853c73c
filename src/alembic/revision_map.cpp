#include "alembic/revision_map.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace pgcontract::alembic {
namespace {

using Revisions = RevisionMap::Revisions;

// "label@symbol+2": Alembic's _relative_destination. It looks at the beginning only, as Python's re.match() does.
struct Relative {
  std::string label;
  std::string symbol;
  int steps = 0;
  std::string text;  // "+2"
};

bool is_word(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::optional<Relative> relative_at(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size() && is_word(text[at])) ++at;
  const auto symbol = text.substr(0, at);
  if (at + 1 >= text.size() || (text[at] != '+' && text[at] != '-')) return std::nullopt;
  const char* const first = text.data() + at + (text[at] == '+' ? 1 : 0);
  int steps = 0;
  const auto [end, error] = std::from_chars(first, text.data() + text.size(), steps);
  if (error != std::errc{} || (text[at] == '+' && steps < 0)) return std::nullopt;
  return Relative{"", std::string(symbol), steps, std::string(text.data() + at, end)};
}

std::optional<Relative> relative(std::string_view target) {
  for (auto at = target.find('@'); at != std::string_view::npos; at = target.find('@', at + 1)) {
    if (at == 0) continue;
    if (auto found = relative_at(target.substr(at + 1))) {
      found->label = target.substr(0, at);
      return found;
    }
  }
  return relative_at(target);
}

Failure too_far(const Relative& address) {
  return fail(ErrorCode::InvalidInput,
              fmt::format("relative revision {} didn't produce {} migrations", address.text, std::abs(address.steps)),
              "Name a revision, or fewer steps: pgcontract migrate history");
}

RevisionMap::Set reached(const Revisions& from, std::size_t size, const auto& next) {
  RevisionMap::Set seen(size);
  Revisions unvisited = from;
  while (!unvisited.empty()) {
    const int at = unvisited.back();
    unvisited.pop_back();
    if (at < 0 || seen[static_cast<std::size_t>(at)]) continue;
    seen[static_cast<std::size_t>(at)] = true;
    const Revisions& more = next(at);
    unvisited.insert(unvisited.end(), more.begin(), more.end());
  }
  return seen;
}

}  // namespace

RevisionMap::RevisionMap(const RevisionGraph& graph) : graph_(graph), lineage_(graph.revisions) {
  children_.resize(graph.revisions.size());
  all_children_.resize(graph.revisions.size());
  for (int i = 0; i < lineage_.size(); ++i) {
    for (int down : lineage_.down(i)) children_[static_cast<std::size_t>(down)].push_back(i);
    for (int down : lineage_.down(i)) all_children_[static_cast<std::size_t>(down)].push_back(i);
    for (int down : lineage_.depends(i)) all_children_[static_cast<std::size_t>(down)].push_back(i);
  }
}

std::vector<std::string> RevisionMap::ids(const Revisions& revisions) const {
  std::vector<std::string> out;
  for (int revision : revisions) out.push_back(id(revision));
  return out;
}

Result<Revisions> RevisionMap::rows(const std::vector<std::string>& versions) const {
  Revisions out;
  for (const auto& version : versions) {
    const int revision = lineage_.find(version);
    if (revision < 0)
      return fail(ErrorCode::NotFound, fmt::format("can't locate revision identified by `{}`", version),
                  "Restore its file from version control, or stamp the table with a revision that is there.");
    out.push_back(revision);
  }
  return out;
}

RevisionMap::Set RevisionMap::ancestors(const Revisions& from, bool dependencies) const {
  return reached(from, children_.size(), [&](int revision) -> const Revisions& {
    return dependencies ? lineage_.normalized(revision) : lineage_.down(revision);
  });
}

RevisionMap::Set RevisionMap::descendants(const Revisions& from, bool dependencies) const {
  return reached(from, children_.size(), [&](int revision) -> const Revisions& {
    return (dependencies ? all_children_ : children_)[static_cast<std::size_t>(revision)];
  });
}

Revisions RevisionMap::bases() const {
  Revisions out;
  for (int i = 0; i < lineage_.size(); ++i)
    if (lineage_.down(i).empty()) out.push_back(i);
  return out;
}

bool RevisionMap::shares_lineage(int revision, const Revisions& others, bool dependencies) const {
  if (others.empty()) return true;
  const Set above = descendants({revision}, dependencies);
  const Set below = ancestors({revision}, dependencies);
  return std::ranges::any_of(others, [&](int other) {
    return other >= 0 && (above[static_cast<std::size_t>(other)] || below[static_cast<std::size_t>(other)]);
  });
}

Result<Revisions> RevisionMap::filter_for_lineage(const Revisions& targets, std::string_view address,
                                                  bool dependencies) const {
  PGC_TRY(const Resolved resolved, resolve(address));
  if (targets.empty()) return Revisions{};  // Alembic then does not ask what the names are
  Revisions shares;
  if (!resolved.label.empty()) {
    PGC_TRY(const int label, for_name(resolved.label, ""));
    shares.push_back(label);
  }
  for (const auto& name : resolved.names) {
    PGC_TRY(const int revision, for_name(name, ""));
    shares.push_back(revision);
  }
  Revisions out;
  for (int target : targets)
    if (target < 0 ? shares.empty() : shares_lineage(target, shares, dependencies)) out.push_back(target);
  return out;
}

Result<RevisionMap::Resolved> RevisionMap::resolve(std::string_view address) const {
  Resolved out;
  if (const auto at = address.find('@'); at != std::string_view::npos) {
    out.label = address.substr(0, at);
    address.remove_prefix(at + 1);
  }
  if (address == "base") return out;
  if (address != "head" && address != "heads") {
    out.names.emplace_back(address);
    return out;
  }
  Revisions heads = address == "heads" && out.label.empty() ? lineage_.real_heads() : lineage_.heads();
  std::ranges::sort(heads, {}, [&](int head) { return lineage_.rank(head); });
  if (!out.label.empty()) {
    PGC_TRY(heads, filter_for_lineage(heads, out.label));
  }
  if (address == "head" && heads.size() > 1)
    return fail(ErrorCode::InvalidInput,
                fmt::format("multiple heads are present for `{}{}head`: {}", out.label, out.label.empty() ? "" : "@",
                            fmt::join(ids(heads), ", ")),
                "Name one of them, LABEL@head, or `heads` for all of them.");
  out.names = ids(heads);
  return out;
}

Result<int> RevisionMap::branch(std::string_view name) const {
  auto found = for_name(std::string(name), "");
  if (!found && found.error().code == ErrorCode::NotFound)
    return fail(ErrorCode::NotFound, fmt::format("no such branch: `{}`", name),
                "See the labels: pgcontract migrate history");
  return found;
}

Result<int> RevisionMap::for_name(const std::string& name, const std::string& label) const {
  constexpr std::size_t kShortest = 3;  // of an id that may be abbreviated: longer ones only
  int within = kBase;
  if (!label.empty()) {
    PGC_TRY(within, branch(label));
  }
  int found = lineage_.find_named(name);
  if (found < 0) {
    std::vector<std::string> matches;
    for (const auto* names : {&lineage_.ids(), &lineage_.labels()})
      for (const auto& [candidate, revision] : *names)
        if (candidate.size() > kShortest && candidate.starts_with(name) &&
            (label.empty() || shares_lineage(revision, {within}))) {
          matches.push_back(candidate);
          found = revision;
        }
    std::ranges::sort(matches);
    if (matches.empty())
      return fail(ErrorCode::NotFound, fmt::format("no such revision or branch: `{}`", name),
                  name.size() < 4 ? "The beginning of an id needs at least four characters."
                                  : "See what there is: pgcontract migrate history");
    if (matches.size() > 1)
      return fail(ErrorCode::InvalidInput,
                  fmt::format("multiple revisions start with `{}`: {}", name, fmt::join(matches, ", ")),
                  "Write more of the id.");
  }
  if (!label.empty() && !shares_lineage(found, {within}))
    return fail(ErrorCode::InvalidInput, fmt::format("revision {} is not a member of branch `{}`", id(found), label),
                "See the branches: pgcontract migrate history");
  return found;
}

Result<Revisions> RevisionMap::revisions(std::string_view address) const {
  PGC_TRY(const Resolved resolved, resolve(address));
  Revisions out;
  for (const auto& name : resolved.names) {
    PGC_TRY(const int revision, for_name(name, resolved.label));
    out.push_back(revision);
  }
  return out;
}

Result<int> RevisionMap::revision(std::string_view address) const {
  PGC_TRY(const Revisions found, revisions(address));
  if (found.size() > 1)
    return fail(ErrorCode::InvalidInput,
                fmt::format("multiple heads are present for `{}`: {}", address, fmt::join(ids(found), ", ")),
                "Name one of them.");
  // "base" of a branch that is not there is asked for only here, as in Alembic.
  if (const auto at = address.find('@'); found.empty() && at != std::string_view::npos && at > 0)
    PGC_CHECK(branch(address.substr(0, at)));
  return found.empty() ? kBase : found.front();
}

Result<std::optional<int>> RevisionMap::walk(int start, int steps, const std::string& label, bool from_nowhere) const {
  bool below = false;  // walked past a base
  int at = start;
  for (int i = 0; i < std::abs(steps); ++i) {
    Revisions next;
    if (steps > 0) {
      next = at == kBase ? bases() : children(at);
      if (!label.empty()) {
        PGC_TRY(next, filter_for_lineage(next, label));
      }
    } else if (!below) {
      next = at == kBase ? (from_nowhere ? lineage_.heads() : Revisions{}) : lineage_.down(at);
      if (next.empty()) {
        below = true;
        at = kBase;
        continue;
      }
    }
    if (next.empty()) return std::nullopt;
    if (next.size() > 1)
      return fail(ErrorCode::InvalidInput, "ambiguous walk: several revisions are next",
                  "Name the revision, or the branch with LABEL@.");
    at = next.front();
  }
  return at;
}

// Where "+2" is counted from.
Result<Revisions> RevisionMap::relative_start(const std::string& label, const Revisions& current) const {
  const Revisions rows = current.empty() ? Revisions{kBase} : current;
  if (label.empty()) return rows;
  PGC_TRY(Revisions start, filter_for_lineage(current, label));
  if (!start.empty()) return start;
  // The branch is no head: its tips among what is applied.
  Revisions applied;
  const Set below = ancestors(current, /*dependencies=*/true);
  for (int i = 0; i < lineage_.size(); ++i)
    if (below[static_cast<std::size_t>(i)]) applied.push_back(i);
  PGC_TRY(const Revisions active, filter_for_lineage(applied, label));
  for (int revision : active) {
    const bool is_tip = std::ranges::none_of(active, [&](int other) {
      return std::ranges::find(lineage_.normalized(other), revision) != lineage_.normalized(other).end();
    });
    if (is_tip) start.push_back(revision);
  }
  return start.empty() ? Revisions{kBase} : start;
}

Result<Revisions> RevisionMap::upgrade_targets(std::string_view target, const Revisions& current) const {
  const auto address = relative(target);
  if (!address) return revisions(target);
  int start = kBase;
  std::string label;
  if (address->steps > 0) {
    label = address->label;
    if (address->symbol.empty()) {
      PGC_TRY(const Revisions starts, relative_start(label, current));
      if (starts.size() > 1)
        return fail(ErrorCode::InvalidInput, "ambiguous upgrade from multiple current revisions",
                    "Name the branch: LABEL@+1.");
      start = starts.front();
    } else {
      PGC_TRY(start, revision(address->symbol));
    }
  } else {
    if (address->symbol.empty()) return too_far(*address);
    PGC_TRY(start, revision((address->label.empty() ? "" : address->label + "@") + address->symbol));
  }
  PGC_TRY(const auto found, walk(start, address->steps, label, /*from_nowhere=*/true));
  if (!found || *found == kBase) return too_far(*address);
  return Revisions{*found};
}

Result<RevisionMap::Below> RevisionMap::downgrade_target(std::string_view target, const Revisions& current) const {
  const auto address = relative(target);
  if (!address) {
    const auto at = target.rfind('@');
    PGC_TRY(const int found, revision(at == std::string_view::npos ? target : target.substr(at + 1)));
    return Below{found, at == std::string_view::npos ? "" : std::string(target.substr(0, at))};
  }
  Below below;
  below.branch = address->label;
  int start = kBase;
  if (address->steps >= 0) {
    if (address->symbol.empty()) return too_far(*address);
    PGC_TRY(start, revision(address->symbol));
  } else if (!address->symbol.empty()) {
    PGC_TRY(start, revision((below.branch.empty() ? "" : below.branch + "@") + address->symbol));
  } else if (!below.branch.empty()) {
    PGC_TRY(Revisions rows, filter_for_lineage(current, below.branch));
    if (rows.empty()) {
      // The branch's head has no row because another head depends on it.
      const Set active = ancestors(current, /*dependencies=*/true);
      for (int i = 0; i < lineage_.size(); ++i) {
        if (!active[static_cast<std::size_t>(i)]) continue;
        const bool tip = std::ranges::none_of(children(i), [&](int c) { return active[static_cast<std::size_t>(c)]; });
        if (tip) rows.push_back(i);
      }
      PGC_TRY(rows, filter_for_lineage(rows, below.branch));
    }
    if (rows.size() != 1) return too_far(*address);
    start = rows.front();
  } else {
    if (current.empty()) return too_far(*address);
    start = current.front();
    below.branch = id(start);  // Alembic limits an ambiguous "-1" to the branch of the first row
  }
  PGC_TRY(const auto found, walk(start, address->steps, address->steps > 0 ? below.branch : "", true));
  if (!found) return too_far(*address);
  below.revision = *found;
  return below;
}

}  // namespace pgcontract::alembic
