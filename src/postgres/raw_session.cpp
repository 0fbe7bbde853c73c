#include "postgres/raw_session.hpp"

#include <libpq-fe.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace pgcontract::postgres {
namespace {

constexpr std::size_t kMostAtOnce = 1U << 30U;  // OpenSSL counts in int

Failure ended() { return fail(ErrorCode::ConnectionLost, "the server ended the session"); }

}  // namespace

int RawSession::socket() const { return PQsocket(conn_.get()); }
int RawSession::backend_pid() const { return PQbackendPID(conn_.get()); }

std::vector<std::pair<std::string, std::string>> RawSession::parameters() const {
  // Those that any version from 14 to 18 reports; libpq has no list of what it was told.
  constexpr std::array kReported = {"application_name",
                                    "client_encoding",
                                    "DateStyle",
                                    "default_transaction_read_only",
                                    "in_hot_standby",
                                    "integer_datetimes",
                                    "IntervalStyle",
                                    "is_superuser",
                                    "scram_iterations",
                                    "search_path",
                                    "server_encoding",
                                    "server_version",
                                    "TimeZone",
                                    "session_authorization",
                                    "standard_conforming_strings"};
  std::vector<std::pair<std::string, std::string>> out;
  for (const char* name : kReported)
    if (const char* value = PQparameterStatus(conn_.get(), name)) out.emplace_back(name, value);
  return out;
}

Result<std::size_t> RawSession::read(char* buffer, std::size_t size) {
  if (tls_) {
    auto* const tls = static_cast<SSL*>(tls_);
    const int count = SSL_read(tls, buffer, static_cast<int>(std::min(size, kMostAtOnce)));
    if (count > 0) return static_cast<std::size_t>(count);
    const int why = SSL_get_error(tls, count);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return 0U;
    return ended();
  }
  const ssize_t count = recv(socket(), buffer, size, 0);
  if (count > 0) return static_cast<std::size_t>(count);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return 0U;
  return ended();
}

Result<std::size_t> RawSession::write(std::string_view bytes) {
  if (bytes.empty()) return 0U;
  if (tls_) {
    auto* const tls = static_cast<SSL*>(tls_);
    const int count = SSL_write(tls, bytes.data(), static_cast<int>(std::min(bytes.size(), kMostAtOnce)));
    if (count > 0) return static_cast<std::size_t>(count);
    const int why = SSL_get_error(tls, count);
    if (why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return 0U;
    return ended();
  }
  const ssize_t count = send(socket(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return 0U;
  return ended();
}

bool RawSession::has_buffered() const { return tls_ && SSL_pending(static_cast<SSL*>(tls_)) > 0; }

void RawSession::cancel() const {
  std::array<char, 256> text{};
  if (PGcancel* cancel = PQgetCancel(conn_.get())) {
    PQcancel(cancel, text.data(), static_cast<int>(text.size()));
    PQfreeCancel(cancel);
  }
}

}  // namespace pgcontract::postgres
