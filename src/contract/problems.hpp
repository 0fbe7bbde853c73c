#pragma once
// What is wrong with a contract, gathered while it is read: each problem with its place. Owned by parse_contract(),
// filled by the reader and by the checks on coherence; one thread.

#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "yaml/document.hpp"

namespace pgcontract::contract {

// Where each value that was read and found good stands, by its path: "environments.local.dsn".
using Places = std::map<std::string, yaml::Mark>;

class Problems {
 public:
  explicit Problems(const yaml::Document& document) : document_(document) {}

  void add(yaml::Mark mark, std::string message, std::string hint, ErrorCode code = ErrorCode::InvalidInput);
  bool empty() const { return problems_.empty(); }
  // In the order of their places.
  std::vector<Error> sorted() const;

 private:
  const yaml::Document& document_;
  std::vector<std::pair<yaml::Mark, Error>> problems_;
};

}  // namespace pgcontract::contract
