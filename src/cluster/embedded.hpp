#pragma once
// A private PostgreSQL cluster for local development and for the demo: initdb, start, stop, remove. It listens on a
// free loopback port and a Unix socket, asks for a generated password everywhere (scram-sha-256), and never runs as
// root: root starts it as user postgres. All of it lives in one folder; several processes may call these at once (a
// file lock serialises them).

#include <functional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "postgres/dsn.hpp"

namespace pgcontract::cluster {

struct Embedded {
  std::string directory;  // of all its files, absolute
  std::string database;   // created at the first start
};

// How it archives its WAL.
struct Archiving {
  std::vector<std::string> command;   // words; "%p" is the file; empty: it does not
  std::vector<std::string> readable;  // what the server's user must be able to read or run
  std::string folder;                 // which that user must be able to write: made where it is not there; may be empty
};

// Where a contract's environment keeps its cluster: <contract's folder>/.pgcontract/<environment>, or, where the user
// that runs the server cannot reach that folder, /var/lib/pgcontract/<name derived from it>.
Embedded locate(const std::string& contract_directory, const std::string& environment, const std::string& database);

enum class State { Absent, Stopped, Running };
State state_of(const Embedded& embedded);

struct Started {
  bool created = false;  // initdb ran
  bool was_running = false;
  std::string version;  // of the server programs
  bool archives = false;
  std::string no_archive;  // why it does not, though it was asked to; else empty
};
// Makes, configures and starts it as needed; `progress` is told what is being done. A server that runs is left as it
// is.
Result<Started> start(const Embedded& embedded, const std::function<void(std::string_view)>& progress,
                      const Archiving& archiving = {});
Result<bool> stop(const Embedded& embedded);  // false: it was not running
// Stops it and deletes its folder.
Result<bool> remove(const Embedded& embedded);

// How to connect to it as its superuser. An error with a hint where it does not run.
Result<postgres::Dsn> dsn(const Embedded& embedded);

}  // namespace pgcontract::cluster
