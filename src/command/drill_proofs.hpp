#pragma once
// What a drill proves of a restored copy besides its bytes: that it is the cluster the contract means. Each proof is a
// Check; an Error of one of them is that Check's, not the drill's.

#include <vector>

#include "command/scratch.hpp"
#include "drill/check.hpp"

namespace pgcontract::command {

struct Copy {
  const Place& place;
  const drill::Isolated& server;
  const restore::Plan& plan;
  const restore::Archive& archive;
  const restore::Target& target;
  bool newest = false;                // restored to the end of the archive: it must be what the live one is
  std::optional<postgres::Dsn> live;  // nothing: the environment's cluster cannot be reached
};

// Recovery went where it was asked to.
drill::Check prove_replay(const Copy& copy, const restore::Fed& fed);
// Tenants alike, clauses kept, isolation, ledger, tombstones, the contract's invariants.
std::vector<drill::Check> prove_contents(const Copy& copy, report::Progress& progress);

}  // namespace pgcontract::command
