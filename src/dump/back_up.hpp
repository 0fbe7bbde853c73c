#pragma once
// A logical backup: real pg_dump processes under one snapshot, several at once, each streamed through compression (and
// encryption) into the store without a copy on disk. Everything it starts ends with it. back_up() may be called by one
// thread at a time; it starts threads of its own and joins them.

#include <functional>
#include <string>
#include <vector>

#include "dump/catalogue.hpp"
#include "postgres/dsn.hpp"
#include "walg/codec.hpp"

namespace pgcontract::dump {

struct Rows {                      // what a tenant has outside of its schema
  std::string copy;                // COPY (SELECT …) TO STDOUT
  std::string into;                // COPY … FROM stdin
  std::vector<std::string> after;  // statements behind them
};

struct Request {
  std::string id;
  int jobs = 2;
  int lock_timeout_ms = 5'000;  // how long a dump waits for its locks before it steps back from the queue
  int wait_seconds = 600;       // for how long it tries again
  std::string tenant, schema;   // one tenant alone
  std::vector<Rows> rows;       // likewise
  std::string rows_schema;      // where those are
};

// Told while it runs: dumps done, of how many, and bytes stored so far.
using Watch = std::function<void(int done, int total, std::uint64_t bytes)>;

// The catalogue, as it was stored. On an Error no catalogue is, and what was stored so far is left for prune.
Result<Catalogue> back_up(store::Store& store, const walg::Seal& seal, const postgres::Dsn& dsn, const Request& request,
                          const Watch& watch);

}  // namespace pgcontract::dump
