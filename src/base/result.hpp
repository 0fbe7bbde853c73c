#pragma once
// What the world or the user can cause is a Result<T>, never an exception: an Error says what happened, where, and
// what to do next. A violation of the contract is not an Error but a Finding (model/finding.hpp). Values; no
// ownership beyond their strings; any thread.

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

namespace pgcontract {

// Stable names (see to_string): scripts may match on them in `--format json`.
enum class ErrorCode {
  Usage,           // the command line is wrong
  InvalidInput,    // a file or value given by the user is malformed
  Environment,     // an environment of the contract cannot be resolved to a DSN
  NotFound,        // a named thing (file, tenant, clause, environment) does not exist
  Unreachable,     // no connection could be made
  Refused,         // the server answered and refused us: password, pg_hba.conf, TLS
  Permission,      // the role lacks a right
  Unsupported,     // server or file version outside the supported range
  LockTimeout,     // a lock was not granted within lock_timeout, or a deadlock was resolved against us
  Timeout,         // a deadline passed
  Cancelled,       // the user asked to stop
  ConnectionLost,  // the connection broke while in use
  OutOfSpace,      // a disk is full, here or on the server
  Server,          // any other error the server reports
  Io,              // a file or socket of this machine failed
  Process,         // a child program could not be run or failed
  Conflict,        // something is there that is not ours, or changed under us
  Bug,             // pgcontract broke a promise to itself
};

// "lock_timeout" and so on: the spelling used in JSON and tests.
std::string_view to_string(ErrorCode code);

struct Error {
  ErrorCode code = ErrorCode::Bug;
  std::string message;               // lower case, no full stop, never a secret
  std::string hint;                  // a sentence with the next step; may be empty
  std::string where;                 // "contract.yaml:12:7", an object's name, or empty
  std::string sqlstate;              // five characters from the server, or empty
  std::vector<std::string> context;  // added on the way up, innermost first: "tenant 4f…"

  // "tenant acme: contract.yaml:3:1: message"
  std::string describe() const;
};

template <typename T>
using Result = tl::expected<T, Error>;

using Failure = tl::unexpected<Error>;

inline Failure fail(ErrorCode code, std::string message, std::string hint = {}, std::string where = {}) {
  return Failure(Error{code, std::move(message), std::move(hint), std::move(where), {}, {}});
}
inline Failure fail(Error error) { return Failure(std::move(error)); }

// Adds a frame of context to an error on its way up.
Failure with_context(Error error, std::string frame);

}  // namespace pgcontract

// PGC_TRY(auto rows, connection.query(...)): declares `rows`, or returns the error to the caller. The first of the
// only two macros of the project: without it every second line would be an if.
#define PGC_CONCAT_INNER(a, b) a##b
#define PGC_CONCAT(a, b) PGC_CONCAT_INNER(a, b)
#define PGC_TRY(declaration, expression) PGC_TRY_INNER(PGC_CONCAT(pgc_result_, __LINE__), declaration, expression)
#define PGC_TRY_INNER(name, declaration, expression)           \
  auto name = (expression);                                    \
  if (!name) return ::tl::unexpected(std::move(name).error()); \
  declaration = std::move(*name)
// PGC_CHECK(connection.execute(...)): the same for Result<void>.
#define PGC_CHECK(expression)                                                                             \
  do {                                                                                                    \
    if (auto pgc_check = (expression); !pgc_check) return ::tl::unexpected(std::move(pgc_check).error()); \
  } while (false)
