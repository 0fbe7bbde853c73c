#pragma once
// The examples of a clause (<clause>.examples beside its check): SQL or facts in, findings out. They are the clause's
// tests against a real server and the lower half of its `pgcontract explain` page. Text embedded at build; values.

#include <string>
#include <string_view>
#include <vector>

namespace pgcontract::compare {

struct Example {
  std::string title;    // "a table keeps local time"
  std::string verdict;  // "holds" or "broken"
  // Either SQL, run on a conforming cluster in a transaction that is rolled back, or, where SQL cannot make the case,
  // lines "key = value" that change the observation (is_observation).
  std::string body;
  bool is_observation = false;
  std::vector<std::string> findings;  // "label: message", sorted
};

// In the file's order; empty where the clause has none.
std::vector<Example> examples_of(std::string_view clause_id);

}  // namespace pgcontract::compare
