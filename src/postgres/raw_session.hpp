#pragma once
// A session whose protocol messages somebody else speaks: libpq makes the connection (TLS, passwords, service files are
// its business) and then only the bytes are carried, for a program that is to have a session without having its secret.
// Owns the session; one thread.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "postgres/connection.hpp"

struct pg_conn;

namespace pgcontract::postgres {

class RawSession {
 public:
  // Takes over a connection that is idle.
  explicit RawSession(Connection connection);

  int socket() const;  // non-blocking; for poll()
  // What the server reported at the start of the session: "server_version", "15.4", …
  std::vector<std::pair<std::string, std::string>> parameters() const;
  int backend_pid() const;

  // At most what is there; 0: nothing at the moment. An Error where the session has ended.
  Result<std::size_t> read(char* buffer, std::size_t size);
  // How much of `bytes` went out. After 0 the next call gives the same bytes again, with more behind them or not.
  Result<std::size_t> write(std::string_view bytes);
  bool has_buffered() const;  // poll() does not see what TLS has decrypted already
  void cancel() const;        // asks the server to stop the running statement

 private:
  std::unique_ptr<pg_conn, void (*)(pg_conn*)> conn_;
  void* tls_ = nullptr;  // OpenSSL's SSL; null: plain bytes
};

}  // namespace pgcontract::postgres
