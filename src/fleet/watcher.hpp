#pragma once
// Who keeps the workers waiting, asked on another connection while they wait: once a wait is given up, nobody knows.
// One thread.

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "model/fleet.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::fleet {

class Watcher {
 public:
  // `busy`: the worker's process and the schema it is at. Returns how many of them wait for a lock.
  Result<int> look(postgres::Connection& side, const std::map<int, std::string>& busy);
  std::vector<Blocker> blockers() && { return std::move(blockers_); }

 private:
  std::vector<Blocker> blockers_;
  std::set<std::pair<std::string, int>> seen_;
};

}  // namespace pgcontract::fleet
