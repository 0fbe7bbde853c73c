#pragma once
// A database made for one question and dropped again: what do the migrations alone make? It is beside the real one, on
// the same server, so that roles, extensions and version are the same. Owned by one thread; the destructor drops it.

#include <functional>
#include <string>

#include "base/result.hpp"
#include "model/contract.hpp"
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

  // `alembic upgrade TARGET` of one section into `schema`, which is made where it is not there.
  Result<void> upgrade(const Contract& contract, const std::string& section, const std::string& schema,
                       const std::string& target, const std::function<void(std::string_view)>& on_line);

 private:
  DisposableDatabase(postgres::Dsn server, postgres::Dsn dsn, std::string name)
      : server_(std::move(server)), dsn_(std::move(dsn)), name_(std::move(name)) {}

  postgres::Dsn server_;
  postgres::Dsn dsn_;
  std::string name_;  // empty: dropped, or moved from
};

}  // namespace pgcontract::rehearse
