#pragma once
// Who descends from whom among revisions: the part of Alembic's RevisionMap (script/revision.py) that decides heads and
// the order of an upgrade. Borrows the revisions it is built from, which must outlive it. Immutable; any thread.

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/migrations.hpp"

namespace pgcontract::alembic {

class Lineage {
 public:
  using Set = std::vector<bool>;  // one bit a revision

  explicit Lineage(std::span<const Revision> revisions);

  // A name that no revision or label answers to.
  struct Missing {
    int revision;
    std::string name;
    bool dependency;  // named by depends_on, not by down_revision
  };
  // Revisions that descend from each other in a ring, the first one repeated at the end. The lineage itself leaves out
  // the last edge of each ring, so that everything else here ends.
  struct Cycle {
    std::vector<int> revisions;
    bool dependency;  // only through depends_on
  };
  // A branch label that is taken: by another revision's label, or by an id.
  struct LabelClash {
    int revision;
    std::string label;
    int holder;
  };
  const std::vector<Missing>& missing() const { return missing_; }
  const std::vector<Cycle>& cycles() const { return cycles_; }
  const std::vector<LabelClash>& label_clashes() const { return clashes_; }

  int size() const { return static_cast<int>(revisions_.size()); }
  int find(const std::string& id) const;  // -1 where unknown; labels do not count
  bool is_label(const std::string& name) const { return labels_.contains(name); }
  // By id or by label, as Alembic's map of revisions has both; -1 where unknown.
  int find_named(const std::string& name) const;
  const std::unordered_map<std::string, int>& ids() const { return ids_; }
  const std::unordered_map<std::string, int>& labels() const { return labels_; }

  // Direct edges: down_revision; down_revision and what depends_on adds to it; place among all when sorted by file.
  const std::vector<int>& down(int revision) const { return down_[static_cast<std::size_t>(revision)]; }
  const std::vector<int>& normalized(int revision) const { return normalized_[static_cast<std::size_t>(revision)]; }
  const std::vector<int>& depends(int revision) const { return depends_[static_cast<std::size_t>(revision)]; }
  int rank(int revision) const { return rank_[static_cast<std::size_t>(revision)]; }

  // What nothing names as its down_revision; Alembic's `heads`.
  std::vector<int> heads() const;
  // Those of them that nothing depends on either: the rows of the version table after `upgrade heads`.
  std::vector<int> real_heads() const;
  // `from` and everything below, through depends_on too.
  Set ancestors(const std::vector<int>& from) const;
  // `wanted` from the bases up, as Alembic runs them. Ties between branches go by the files' names.
  std::vector<int> upgrade_order(const Set& wanted) const { return upgrade_order(wanted, real_heads()); }
  // The same walked down from `heads` alone: what Alembic was told to reach, or what it goes back from.
  std::vector<int> upgrade_order(const Set& wanted, std::vector<int> heads) const;

 private:
  void link();
  void break_cycles();
  void normalize_dependencies();
  void add_ancestors(int from, Set& seen, const Set* within) const;

  std::span<const Revision> revisions_;
  std::unordered_map<std::string, int> ids_;
  std::unordered_map<std::string, int> labels_;
  std::vector<int> rank_;                     // place among all when sorted by file
  std::vector<std::vector<int>> down_;        // down_revision
  std::vector<std::vector<int>> depends_;     // depends_on
  std::vector<std::vector<int>> normalized_;  // down_ and what depends_ adds to it
  std::vector<Missing> missing_;
  std::vector<Cycle> cycles_;
  std::vector<LabelClash> clashes_;
};

}  // namespace pgcontract::alembic
