// The one table of rules. A new rule is one entry of its subject, and examples beside it.
#include "lint/rule.hpp"
#include "lint/rules/subjects.hpp"

#include <algorithm>

namespace pgcontract::lint {

std::span<const Rule> rules() {
  static const std::vector<Rule> kTable = [] {
    std::vector<Rule> all;
    for (const auto subject :
         {history_rules(), index_rules(), column_rules(), key_rules(), rewrite_rules(), loss_rules(),
          transaction_rules(), repeat_rules(), fleet_rules(), type_rules(), key_state_rules()})
      all.insert(all.end(), subject.begin(), subject.end());
    return all;
  }();
  return kTable;
}

const Rule* find_rule(std::string_view id) {
  const auto at = std::ranges::find(rules(), id, &Rule::id);
  return at == rules().end() ? nullptr : &*at;
}

}  // namespace pgcontract::lint
