#pragma once
// The moment that a logical backup is of: one session holds a snapshot open, which every dump shares, and reads what
// there is to dump. The session must outlive the dumps. One thread.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "dump/packing.hpp"
#include "model/backup.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::dump {

struct TableFile {
  std::uint32_t table = 0;
  std::uint32_t file = 0;  // relfilenode: another one means that its rows were written anew
};

class Survey {
 public:
  static Result<Survey> begin(const postgres::Dsn& dsn);

  // Of all of the database but the system's own schemas. `only`: of this one.
  Result<std::vector<SchemaLoad>> schemas(const std::string& only);
  Result<LockSpace> lock_space();
  // Tables whose rows a dump reads, by schema.
  Result<std::map<std::uint32_t, std::vector<TableFile>>> table_files();
  // Statements that give publications the tables and schemas outside of `with_database`, as only a dump of all at once
  // would hold them.
  Result<std::string> publications(const std::vector<SchemaLoad>& schemas,
                                   const std::vector<std::size_t>& with_database);
  // An Error where the session is gone, and the snapshot with it.
  Result<void> still_there();

  std::string snapshot, database, server_version, system_identifier;
  int version_num = 0;
  Lsn lsn = 0;

 private:
  explicit Survey(postgres::Connection session) : session_(std::move(session)) {}
  postgres::Connection session_;
};

// Which of a schema's tables are not those of the survey any more: dropped, truncated or written anew. Asked while a
// dump holds its locks: what it reads of such a table under an older snapshot looks empty.
Result<std::vector<std::string>> changed_tables(const postgres::Dsn& dsn, const std::vector<std::uint32_t>& schemas,
                                                const std::map<std::uint32_t, std::vector<TableFile>>& files);

}  // namespace pgcontract::dump
