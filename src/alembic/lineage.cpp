#include "alembic/lineage.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace pgcontract::alembic {
namespace {

bool contains(const std::vector<int>& list, int value) { return std::ranges::find(list, value) != list.end(); }

}  // namespace

Lineage::Lineage(std::span<const Revision> revisions) : revisions_(revisions) {
  std::vector<int> by_file(revisions.size());
  std::iota(by_file.begin(), by_file.end(), 0);
  std::ranges::stable_sort(by_file, [&](int a, int b) { return revisions_[a].file < revisions_[b].file; });
  rank_.resize(revisions.size());
  for (int place = 0; place < size(); ++place) rank_[by_file[place]] = place;

  for (int i = 0; i < size(); ++i) ids_.insert_or_assign(revisions_[i].id, i);
  for (int i : by_file) {
    for (const auto& label : revisions_[i].labels) {
      const auto id = ids_.find(label);
      const auto [entry, added] = labels_.try_emplace(label, i);
      if (!added || id != ids_.end()) clashes_.push_back({i, label, id != ids_.end() ? id->second : entry->second});
    }
  }
  link();
  break_cycles();
  normalize_dependencies();
}

int Lineage::find(const std::string& id) const {
  const auto found = ids_.find(id);
  return found == ids_.end() ? -1 : found->second;
}

int Lineage::find_named(const std::string& name) const {
  if (const int id = find(name); id >= 0) return id;
  const auto label = labels_.find(name);
  return label == labels_.end() ? -1 : label->second;
}

void Lineage::link() {
  down_.resize(revisions_.size());
  depends_.resize(revisions_.size());
  for (int i = 0; i < size(); ++i) {
    for (const auto& name : revisions_[i].down) {
      const int target = find(name);
      if (target < 0)
        missing_.push_back({i, name, false});
      else
        down_[i].push_back(target);
    }
    for (const auto& name : revisions_[i].depends_on) {
      const auto label = labels_.find(name);
      const int id = find(name);
      const int target = id >= 0 ? id : label != labels_.end() ? label->second : -1;
      if (target < 0)
        missing_.push_back({i, name, true});
      else if (!contains(depends_[i], target))
        depends_[i].push_back(target);
    }
  }
}

// Depth first with a stack of our own: a history may be longer than the thread's stack is deep.
void Lineage::break_cycles() {
  struct Frame {
    int revision;
    std::size_t edge;
  };
  enum class Colour : char { White, Grey, Black };
  std::vector<Colour> colour(revisions_.size(), Colour::White);
  const auto walk = [&](int root) {
    std::vector<Frame> stack{{root, 0}};
    colour[root] = Colour::Grey;
    while (!stack.empty()) {
      const int at = stack.back().revision;
      auto& down = down_[at];
      auto& depends = depends_[at];
      const auto edge = stack.back().edge++;
      if (edge >= down.size() + depends.size()) {
        colour[at] = Colour::Black;
        stack.pop_back();
        continue;
      }
      const int next = edge < down.size() ? down[edge] : depends[edge - down.size()];
      if (colour[next] == Colour::White) {
        colour[next] = Colour::Grey;
        stack.push_back({next, 0});
      } else if (colour[next] == Colour::Grey) {
        Cycle cycle{{}, edge >= down.size()};
        auto frame = std::ranges::find(stack, next, &Frame::revision);
        for (; frame != stack.end(); ++frame) {
          cycle.revisions.push_back(frame->revision);
          const bool by_dependency = frame->edge > down_[frame->revision].size();
          cycle.dependency = cycle.dependency || by_dependency;
        }
        cycle.revisions.push_back(next);
        cycles_.push_back(std::move(cycle));
        if (edge < down.size())
          down.erase(down.begin() + static_cast<std::ptrdiff_t>(edge));
        else
          depends.erase(depends.begin() + static_cast<std::ptrdiff_t>(edge - down.size()));
        --stack.back().edge;
      }
    }
  };
  for (int i = 0; i < size(); ++i)
    if (colour[i] == Colour::White) walk(i);
}

// RevisionMap._normalize_depends_on: what an ancestor depends on already is not named again.
void Lineage::normalize_dependencies() {
  normalized_ = down_;
  for (int i = 0; i < size(); ++i) {
    if (depends_[i].empty()) continue;
    auto left = depends_[i];
    Set seen(revisions_.size());
    std::vector<int> unvisited = down_[i];
    while (!unvisited.empty()) {
      const int at = unvisited.back();
      unvisited.pop_back();
      if (seen[at]) continue;
      seen[at] = true;
      std::erase_if(left, [&](int dependency) { return contains(depends_[at], dependency); });
      unvisited.insert(unvisited.end(), down_[at].begin(), down_[at].end());
    }
    for (int dependency : left)
      if (!contains(normalized_[i], dependency)) normalized_[i].push_back(dependency);
  }
}

std::vector<int> Lineage::heads() const {
  Set has_child(revisions_.size());
  for (const auto& down : down_)
    for (int target : down) has_child[target] = true;
  std::vector<int> out;
  for (int i = 0; i < size(); ++i)
    if (!has_child[i]) out.push_back(i);
  return out;
}

std::vector<int> Lineage::real_heads() const {
  Set named(revisions_.size());
  for (const auto& depends : depends_)
    for (int target : depends) named[target] = true;
  auto out = heads();
  std::erase_if(out, [&](int head) { return named[head]; });
  std::ranges::sort(out, {}, [&](int head) { return rank_[head]; });
  return out;
}

// `within`, where given, is not left on the way.
void Lineage::add_ancestors(int from, Set& seen, const Set* within) const {
  std::vector<int> unvisited{from};
  while (!unvisited.empty()) {
    const int at = unvisited.back();
    unvisited.pop_back();
    if (seen[at] || (within && !(*within)[at])) continue;
    seen[at] = true;
    unvisited.insert(unvisited.end(), normalized_[at].begin(), normalized_[at].end());
  }
}

Lineage::Set Lineage::ancestors(const std::vector<int>& from) const {
  Set seen(revisions_.size());
  for (int revision : from) add_ancestors(revision, seen, nullptr);
  return seen;
}

// RevisionMap._topological_sort, which walks from the heads down: along one branch as far as no other open head
// descends from it, then over to the next. Kept step by step, for the order among equals is the order Alembic shows.
std::vector<int> Lineage::upgrade_order(const Set& wanted, std::vector<int> heads) const {
  auto unvisited = wanted;
  std::ranges::sort(heads, {}, [&](int head) { return rank_[head]; });
  heads.erase(std::ranges::unique(heads).begin(), heads.end());
  std::vector<int> open;
  for (int head : heads)
    if (unvisited[head]) open.push_back(head);
  // Between an open head and what is below it, nothing has been put out yet: the rest need not be visited.
  const auto below_of = [&](int head) {
    Set seen(revisions_.size());
    add_ancestors(head, seen, &unvisited);
    return seen;
  };
  std::vector<Set> below;  // of each open head
  for (int head : open) below.push_back(below_of(head));

  std::vector<int> out;
  std::size_t current = 0;
  while (!open.empty()) {
    const int candidate = open[current];
    std::size_t other = 0;
    while (other < open.size() && (other == current || !below[other][candidate])) ++other;
    if (other < open.size()) {
      current = other;  // that head must come first
      continue;
    }
    if (unvisited[candidate]) out.push_back(candidate);
    unvisited[candidate] = false;
    std::vector<int> next;
    for (int target : normalized_[candidate])
      if (unvisited[target] && !contains(open, target)) next.push_back(target);
    if (next.empty()) {
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(current));
      below.erase(below.begin() + static_cast<std::ptrdiff_t>(current));
      current = current > 0 ? current - 1 : 0;
      continue;
    }
    open[current] = next.front();
    if (normalized_[candidate].size() == 1) {
      below[current][candidate] = false;  // plain movement down a line: what is below stays below
      continue;
    }
    below[current] = below_of(next.front());
    for (std::size_t i = 1; i < next.size(); ++i) {
      open.push_back(next[i]);
      below.push_back(below_of(next[i]));
    }
  }
  std::ranges::reverse(out);
  return out;
}

}  // namespace pgcontract::alembic
