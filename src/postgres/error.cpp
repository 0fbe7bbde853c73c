#include "postgres/error.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace pgcontract::postgres {
namespace {

struct StateMeaning {
  std::string_view prefix;  // the longest matching prefix wins; the table is ordered so
  ErrorCode code;
  std::string_view hint;
};

constexpr StateMeaning kStates[] = {
    {"28P01", ErrorCode::Refused, "The password is wrong for this user: check the environment's DSN."},
    {"28", ErrorCode::Refused, "Check pg_hba.conf for this user, database and address."},
    {"3D000", ErrorCode::Refused, "Create the database, or name another one in the DSN."},
    {"53300", ErrorCode::Unreachable, "Raise max_connections or close sessions, then try again."},
    {"53100", ErrorCode::OutOfSpace,
     "Free space on the server's disk, then run the command again: it goes on where it stopped."},
    {"53200", ErrorCode::Server,
     "The lock table or memory is full: raise max_locks_per_transaction, or work in smaller batches."},
    {"53", ErrorCode::Server, "The server is short of a resource."},
    {"55P03", ErrorCode::LockTimeout, "Another session holds a lock: see pg_locks, or raise --lock-timeout."},
    {"40P01", ErrorCode::LockTimeout, "A deadlock was resolved against this session: run the command again."},
    {"40001", ErrorCode::LockTimeout, "A concurrent change was in the way: run the command again."},
    {"57014", ErrorCode::Timeout, "The statement was cancelled: raise statement_timeout if it needs longer."},
    {"57P01", ErrorCode::ConnectionLost, "An administrator ended the session: run the command again."},
    {"57P02", ErrorCode::ConnectionLost, "The server crashed: run the command again once it is back."},
    {"57P03", ErrorCode::Unreachable, "The server is starting up or shutting down: try again in a moment."},
    {"08", ErrorCode::ConnectionLost, "The connection broke: run the command again."},
    {"42501", ErrorCode::Permission, "The role of the DSN lacks a right: use one that may, or grant it."},
    {"25006", ErrorCode::Unsupported, "The server is read-only (a standby?): name the primary in the DSN."},
};

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string one_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (auto& c : text)
    if (c == '\n' || c == '\t') c = ' ';
  return text;
}

const StateMeaning* meaning_of(std::string_view sqlstate) {
  for (const auto& meaning : kStates)
    if (sqlstate.starts_with(meaning.prefix)) return &meaning;
  return nullptr;
}

}  // namespace

// Of a multi-host attempt, the last server's. By hand: a message may be long, and std::regex recurses by the character.
std::string take_sqlstate(std::string& message) {
  constexpr std::string_view kMark = ":  ";
  const auto is_digit_or_capital = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); };
  std::string last, kept;
  std::string_view rest = message;
  for (auto at = rest.find(kMark); at != std::string_view::npos; at = rest.find(kMark)) {
    kept += rest.substr(0, at + kMark.size());
    rest.remove_prefix(at + kMark.size());
    const std::string_view state = rest.substr(0, 5);
    if (rest.substr(state.size()).starts_with(": ") && std::ranges::all_of(state, is_digit_or_capital)) {
      last = state;
      rest.remove_prefix(state.size() + 2);
    } else if (const auto end = rest.find('\n');
               !last.empty() && rest.substr(0, end).find(".c:") != std::string::npos) {
      kept.resize(kept.rfind('\n') == std::string::npos ? kept.size() : kept.rfind('\n'));
      rest.remove_prefix(std::min(end, rest.size()));
    }
  }
  message = kept.append(rest);
  return last;
}

Error server_error(std::string_view sqlstate, std::string message, std::string_view detail, std::string_view hint) {
  Error error{ErrorCode::Server, one_line(std::move(message)), std::string(hint), "", std::string(sqlstate), {}};
  if (!detail.empty()) error.message += fmt::format(" ({})", one_line(std::string(detail)));
  if (const auto* meaning = meaning_of(sqlstate)) {
    error.code = meaning->code;
    if (error.hint.empty()) error.hint = meaning->hint;
  }
  return error;
}

// libpq's own words, for what no server has said; the server's may be translated, so its SQLSTATE comes first.
Error connect_error(std::string message, const std::string& target) {
  const std::string sqlstate = take_sqlstate(message);
  Error error{ErrorCode::Unreachable, one_line(std::move(message)), "", target, sqlstate, {}};
  const std::string_view text = error.message;
  if (contains(text, "password authentication failed") || contains(text, "no password supplied")) {
    error.code = ErrorCode::Refused;
    if (sqlstate.empty()) error.sqlstate = "28P01";
    error.hint = "The password is wrong or missing for this user: check the environment's DSN.";
  } else if (contains(text, "SSL") || contains(text, "certificate")) {
    error.code = ErrorCode::Refused;
    error.hint =
        "Client and server do not agree on TLS: compare sslmode and sslrootcert in the DSN with the server's ssl.";
  } else if (contains(text, "no pg_hba.conf entry")) {
    error.code = ErrorCode::Refused;
    error.hint = "Add a line for this user, database and address to pg_hba.conf, or connect from an allowed address.";
  } else if (contains(text, "does not exist")) {
    error.code = ErrorCode::Refused;
    error.hint = "Create the role or database, or name another one in the DSN.";
  } else if (const auto* meaning = meaning_of(sqlstate)) {
    error.code = meaning->code;
    error.hint = meaning->hint;
  } else if (!sqlstate.empty()) {
    error.code = ErrorCode::Refused;
    error.hint = "The server refuses this session: see its log.";
  } else if (contains(text, "Connection refused") || contains(text, "No such file")) {
    error.hint = "Is the server running, and are host and port right? For an embedded environment run: pgcontract up";
  } else if (contains(text, "could not translate host name")) {
    error.hint = "Check the host's spelling and the DNS.";
  } else if (contains(text, "starting up") || contains(text, "shutting down")) {
    error.hint = "The server is not ready: try again in a moment.";
  } else {
    error.hint = "Check host, port and the server's log.";
  }
  return error;
}

}  // namespace pgcontract::postgres
