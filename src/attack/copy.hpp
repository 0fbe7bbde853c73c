#pragma once
// The disposable copy: a database of its own on the environment's server, with design roles of its own and two canary
// tenants, so that nothing of the real design, and no real tenant, is touched. Roles are the cluster's, therefore all
// names carry the run's token: what a killed run leaves behind is found and removed by the next one. Owns the
// cluster-wide lock and what it has created; dropped at the latest by the destructor. One thread.

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "attack/site.hpp"
#include "model/contract.hpp"

namespace pgcontract::attack {

class Copy {
 public:
  // Takes the lock, sweeps what a killed run has left, and creates an empty database.
  static Result<Copy> create(const postgres::Dsn& environment);
  Copy(Copy&&) = default;
  Copy& operator=(Copy&&) = delete;
  ~Copy();

  // Of the base: the database that the pipeline brings to the design and that the attacked one is a copy of.
  const postgres::Dsn& base() const { return base_; }
  bool is_superuser() const { return superuser_; }
  int swept() const { return swept_; }  // databases and roles that killed runs had left
  // The contract's design, under the names of this copy, without migrations, demo and telemetry.
  Contract contract_of(const Contract& contract) const;
  const std::array<Uuid, 2>& canaries() const { return canaries_; }

  // After the design and the canaries stand: the tables a migration would make. The pipeline then protects them.
  Result<void> lay_tables(const Contract& copied);
  // After that: passwords for the sessions, and rows that each canary writes itself.
  Result<void> let_in(const Contract& copied);
  // Statements of a file, as the administrator. Roles that they create go with the copy.
  Result<void> change(const std::string& sql);
  // Roles that stay: made meanwhile by others, or by a file that ended its transaction itself; or in use elsewhere now.
  const std::vector<std::string>& roles_left() const { return roles_left_; }
  // A pristine database to attack: a copy of the base, in place of the one before.
  Result<Site> fresh();

  Result<void> drop();

 private:
  explicit Copy(postgres::Connection admin, const postgres::Dsn& environment);
  Result<int> remove(const std::string& token);
  void disown(const std::string& database, const std::vector<std::string>& roles) const;
  Result<void> carry_over(const std::string& from, const std::string& to);
  Result<Login> credentials(postgres::Connection& connection, const std::string& role);
  void name_words(const Contract& copied);

  std::unique_ptr<postgres::Connection> admin_;  // of the environment's database; holds the lock
  postgres::Dsn environment_;
  postgres::Dsn base_;
  std::string token_;
  std::string database_;       // under attack
  std::string base_database_;  //
  std::array<Uuid, 2> canaries_;
  std::string role_prefix_;
  std::vector<std::string> roles_made_;  // by change()
  std::vector<std::string> roles_left_;
  bool superuser_ = false;
  int swept_ = 0;
  Site site_;
};

}  // namespace pgcontract::attack
