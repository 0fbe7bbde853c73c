#pragma once
// Stands between a program and the server and writes down what is said. The program connects to a Unix socket in a
// folder that only we may enter; the session behind it is libpq's, with whatever password and TLS the DSN means, so
// that the program gets no secret. One thread of its own, from start() to stop().

#include <memory>
#include <string>

#include "base/result.hpp"
#include "postgres/dsn.hpp"
#include "record/session.hpp"
#include "record/transcript.hpp"

namespace pgcontract::record {

class Proxy {
 public:
  // Sessions go to `dsn`, and nowhere else: one that asks for another database or user is refused.
  static Result<Proxy> start(const postgres::Dsn& dsn, const Counts& counts);
  Proxy(Proxy&&) noexcept;
  Proxy& operator=(Proxy&&) noexcept;
  ~Proxy();

  // How the program gets here; holds no password.
  const postgres::Dsn& dsn() const;
  // Ends what is still open; what was heard.
  Transcript stop();

 private:
  class State;
  explicit Proxy(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace pgcontract::record
