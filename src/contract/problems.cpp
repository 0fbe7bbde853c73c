#include "contract/problems.hpp"

#include <algorithm>

namespace pgcontract::contract {

void Problems::add(yaml::Mark mark, std::string message, std::string hint, ErrorCode code) {
  problems_.emplace_back(mark, Error{code, std::move(message), std::move(hint), document_.where(mark), {}, {}});
}

std::vector<Error> Problems::sorted() const {
  auto ordered = problems_;
  std::stable_sort(ordered.begin(), ordered.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<Error> errors;
  for (auto& [mark, error] : ordered) errors.push_back(std::move(error));
  return errors;
}

}  // namespace pgcontract::contract
