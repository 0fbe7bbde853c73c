#pragma once
// pg_dump and pg_restore as the server's version needs them: one schema as plain SQL that any cluster can run, without
// owners, grants and policies, which name roles of this system alone. One child at a time per call; any thread.

#include <string>
#include <vector>

#include "base/result.hpp"
#include "postgres/dsn.hpp"

namespace pgcontract::act {

struct DumpRequest {
  std::string schema;
  std::string role;      // SET ROLE
  std::string snapshot;  // of pg_export_snapshot()
  std::string options;   // for PGOPTIONS
  bool rows = true;
  std::vector<std::string> excluded_tables;  // of the schema
  std::vector<std::string> left_out;         // kinds of entries, as pg_restore --list names them: "POLICY"
  std::vector<std::string> left_out_foreign_keys;
};

// The folder of a pg_dump that is no older than the server: PGCONTRACT_POSTGRES_BIN, Debian's newest, PATH.
Result<std::string> find_dump_programs(int server_version);
// A pattern of pg_dump's that means this one name.
std::string exact_pattern(const std::string& name);

class Dump {
 public:
  static Result<Dump> find(const postgres::Dsn& dsn, int server_version);
  // Writes archive `path`, and into `sections` plain SQL: "pre-data", "post-data", or "" for all of it.
  Result<void> take(const DumpRequest& request, const std::string& path) const;
  Result<void> write_sql(const DumpRequest& request, const std::string& archive, const std::string& section,
                         const std::string& path) const;

 private:
  Dump(postgres::Dsn dsn, std::string directory) : dsn_(std::move(dsn)), directory_(std::move(directory)) {}
  postgres::Dsn dsn_;
  std::string directory_;  // of the programs
};

}  // namespace pgcontract::act
