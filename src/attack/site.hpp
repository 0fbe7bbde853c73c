#pragma once
// Where attacks are run: a database with two tenants, how an application opens their sessions, and the words that the
// corpus' placeholders stand for. The copy (copy.hpp) makes one; a test makes one of a naive design. A value.

#include <string>
#include <vector>

#include "attack/corpus.hpp"
#include "postgres/connection.hpp"

namespace pgcontract::attack {

struct Login {
  std::string user;
  SecretString password;
  std::vector<std::string> checkout;  // statements a pool sends before a tenant gets the session
};

struct Site {
  postgres::Dsn admin;  // of the database under attack
  // The pool's logins for the two tenants. One and the same user: a shared login, told apart by the checkout alone.
  Login pool_a;
  Login pool_b;
  Login tenant_a;  // the tenants' own roles
  Login tenant_b;
  Login migrator;
  Words words;
};

// As `login` would open it; `options` as in the startup packet.
Result<postgres::Connection> open_session(const Site& site, const Login& login, const std::string& options = {});
Result<void> check_out(postgres::Connection& session, const Login& login);

}  // namespace pgcontract::attack
