#pragma once
// A private copy of the reference deployment with an embedded cluster of its own, for tests that need a real server:
// made in a temporary folder, removed when it goes out of scope. Uses the library, not the program. One thread.

#include <string>

#include "cluster/embedded.hpp"
#include "command/world.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::test {

class Deployment {
 public:
  // A running bare cluster. Throws std::runtime_error: a test cannot go on without it.
  Deployment();
  ~Deployment();
  Deployment(const Deployment&) = delete;
  Deployment& operator=(const Deployment&) = delete;

  // As `pgcontract apply` and `pgcontract tenant add` would.
  void apply();
  void add_tenant(const std::string& id, const std::string& display_name);

  const command::Place& place() const { return place_; }
  const postgres::Dsn& dsn() const { return dsn_; }
  postgres::Connection connect() const;
  const std::string& directory() const { return directory_; }

 private:
  std::string directory_;
  command::Place place_;
  cluster::Embedded embedded_;
  postgres::Dsn dsn_;
};

// The value, or std::runtime_error with the error's description and hint.
template <typename T>
T expect(Result<T> result);

}  // namespace pgcontract::test

template <typename T>
T pgcontract::test::expect(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().describe() + " (" + result.error().hint + ")");
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}
