#pragma once
// What an address on Alembic's command line means: "head", "heads", "base", ids and unique beginnings of ids, branch
// labels, "label@head", "+2", "-1", "rev+2" (script/revision.py, RevisionMap). Revisions are indexes into the graph,
// which must outlive the map; kBase is what lies below every base. Immutable; any thread.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alembic/lineage.hpp"
#include "base/result.hpp"
#include "model/migrations.hpp"

namespace pgcontract::alembic {

class RevisionMap {
 public:
  static constexpr int kBase = -1;
  using Set = Lineage::Set;
  using Revisions = std::vector<int>;

  explicit RevisionMap(const RevisionGraph& graph);

  const RevisionGraph& graph() const { return graph_; }
  const Lineage& lineage() const { return lineage_; }
  const std::string& id(int revision) const { return graph_.revisions[static_cast<std::size_t>(revision)].id; }
  const std::string& file(int revision) const { return graph_.revisions[static_cast<std::size_t>(revision)].file; }
  std::vector<std::string> ids(const Revisions& revisions) const;

  // The rows of a version table: exact ids. NotFound names the row that no file has.
  Result<Revisions> rows(const std::vector<std::string>& versions) const;
  // Alembic's get_revisions() and get_revision(): several where the address names several; none, or kBase, for "base".
  Result<Revisions> revisions(std::string_view address) const;
  Result<int> revision(std::string_view address) const;

  // What `upgrade TARGET` is to reach, where `current` are the rows. Without kBase.
  Result<Revisions> upgrade_targets(std::string_view target, const Revisions& current) const;
  // What `downgrade TARGET` is to go back to, and the branch that it is limited to.
  struct Below {
    int revision = kBase;
    std::string branch;  // a label or id; empty: all
  };
  Result<Below> downgrade_target(std::string_view target, const Revisions& current) const;

  // With themselves. Without `dependencies` only along down_revision.
  Set ancestors(const Revisions& from, bool dependencies) const;
  Set descendants(const Revisions& from, bool dependencies) const;
  const Revisions& children(int revision) const { return children_[static_cast<std::size_t>(revision)]; }
  Revisions bases() const;
  // Whether the one stands above or below the other, along down_revision.
  bool shares_lineage(int revision, const Revisions& others, bool dependencies = false) const;
  // The branch that a label, an id or the beginning of one names.
  Result<int> branch(std::string_view name) const;
  // Those of `targets` that share lineage with what `address` names.
  Result<Revisions> filter_for_lineage(const Revisions& targets, std::string_view address,
                                       bool dependencies = false) const;

 private:
  // Numbers: Alembic walks down from every head. Labelled addresses are cut at the first @.
  struct Resolved {
    std::vector<std::string> names;  // none: base
    std::string label;
  };
  Result<Resolved> resolve(std::string_view address) const;
  Result<int> for_name(const std::string& name, const std::string& label) const;
  // `steps` up or down; kBase below the bases, nullopt beyond either end.
  Result<std::optional<int>> walk(int start, int steps, const std::string& label, bool from_nowhere) const;
  Result<Revisions> relative_start(const std::string& label, const Revisions& current) const;

  const RevisionGraph& graph_;
  Lineage lineage_;
  std::vector<Revisions> children_;      // by down_revision
  std::vector<Revisions> all_children_;  // by depends_on too
};

}  // namespace pgcontract::alembic
