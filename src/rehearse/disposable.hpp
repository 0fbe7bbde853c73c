#pragma once
// A database made for one question and dropped again: what do the migrations alone make? It is beside the real one, on
// the same server, so that roles, extensions and version are the same. Owned by one thread; the destructor drops it.
// Whoever makes one holds an advisory lock that its name tells, taken before it exists: a database whose lock nobody
// holds was left by a run that was killed, and the next one drops it. Several may be in use on a server at once.

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "model/contract.hpp"
#include "model/observation.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::rehearse {

class DisposableDatabase {
 public:
  // Creates it beside the database of `dsn`, with the extensions and rights that the contract's migrations find there.
  static Result<DisposableDatabase> create(const Contract& contract, const postgres::Dsn& dsn);
  DisposableDatabase(DisposableDatabase&& other) noexcept;
  DisposableDatabase& operator=(DisposableDatabase&&) = delete;
  ~DisposableDatabase();
  // Drops it and tells whether that worked; the destructor only tries.
  Result<void> drop();

  const postgres::Dsn& dsn() const { return dsn_; }
  const std::string& name() const { return name_; }
  // Who owns what is made in it: the contract's owner, or empty where the server has no such role that the DSN's may
  // become (a server of CI's): the DSN's role then.
  const std::string& owner() const { return owner_; }
  int swept() const { return swept_; }  // databases that killed runs had left

  // `alembic upgrade TARGET` of one section into `schema`, which is made where it is not there.
  Result<void> upgrade(const Contract& contract, const std::string& section, const std::string& schema,
                       const std::string& target, const std::function<void(std::string_view)>& on_line);

  // What the clauses judge, of this database: so that they judge what revisions make before anyone has it.
  Result<Observation> observe(const Contract& contract) const;

 private:
  DisposableDatabase(std::unique_ptr<postgres::Connection> admin, const postgres::Dsn& server);

  std::unique_ptr<postgres::Connection> admin_;  // of the real database; holds the lock
  postgres::Dsn server_;
  std::string name_;  // empty: not made, dropped, or moved from
  postgres::Dsn dsn_;
  std::string owner_;
  int swept_ = 0;
};

}  // namespace pgcontract::rehearse
