#pragma once
// Which schemas are dumped together. A dump takes a lock on every table, sequence and view that it holds until it ends,
// and the server has room for so many: schemas are packed into batches that fit, in such an order that a batch needs
// only what stands in those before it. Pure; any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace pgcontract::dump {

struct SchemaLoad {
  std::uint32_t oid = 0;
  std::string name;
  int locks = 0;   // relations that a dump of it locks
  int tables = 0;  // of them
  std::uint64_t bytes = 0;
  bool with_database = false;      // belongs to the dump of what is in no schema: public, those of extensions
  std::vector<std::size_t> needs;  // schemas (by index) that its objects depend on
};

// The server's table of locks (docs §20.12). Its size is what the documentation promises; it takes some more in truth.
struct LockSpace {
  int per_transaction = 64;
  int max_connections = 100;
  int max_prepared = 0;
  int used = 0;  // of it, now
  int promised() const { return per_transaction * (max_connections + max_prepared); }
};

struct Batch {
  std::vector<std::size_t> schemas;
  int locks = 0;
};

struct Packing {
  int jobs = 1;                // how many batches may run at once
  int budget = 0;              // locks of each
  Batch database;              // what is in no schema, and the schemas that go with it
  std::vector<Batch> batches;  // in the order of a restore
};

// What each of `jobs` dumps may lock: a quarter of what is free is left to others.
int lock_budget(const LockSpace& space, int jobs);

// An Error where a schema does not fit even alone, with the setting that it takes.
Result<Packing> pack(const std::vector<SchemaLoad>& schemas, const LockSpace& space, int jobs);

}  // namespace pgcontract::dump
