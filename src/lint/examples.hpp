#pragma once
// The examples of rules (rules/<subject>.examples): small histories in SQL that break a rule or keep it. They are the
// rules' tests and the lower half of their pages. What is found is not written beside them but computed, so that a page
// never shows a message that the program would not give. Text embedded at build; values.

#include <string>
#include <string_view>
#include <vector>

#include "model/finding.hpp"

namespace pgcontract::lint {

struct Example {
  std::string rule;
  bool breaks = false;
  std::string title;
  std::string body;
};

std::vector<Example> examples_of(std::string_view rule);
// What lint() finds in it.
Verdicts judge_example(const Example& example);
// The body for people: directives as comments.
std::string shown(const Example& example);

}  // namespace pgcontract::lint
