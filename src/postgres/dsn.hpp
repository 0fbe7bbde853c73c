#pragma once
// A connection string as libpq reads it (docs §34.1.1: URI or keyword/value), with the password taken out into a
// SecretString. describe() is the only text of it that may be shown.

#include <map>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace pgcontract::postgres {

struct Dsn {
  std::map<std::string, std::string> keywords;  // without password
  SecretString password;

  static Result<Dsn> parse(const SecretString& text);

  std::string keyword(const std::string& name) const;  // empty where unset
  Dsn with(const std::string& name, const std::string& value) const;
  std::string describe() const;  // "host=db1 port=5432 user=app dbname=stratmaster"
  // postgresql://user@/db?host=…: for programs that take a URL. Never holds the password.
  std::string url() const;
};

}  // namespace pgcontract::postgres
