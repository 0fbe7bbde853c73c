#include "base/result.hpp"

namespace pgcontract {

std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::Usage: return "usage";
    case ErrorCode::InvalidInput: return "invalid_input";
    case ErrorCode::Environment: return "environment";
    case ErrorCode::NotFound: return "not_found";
    case ErrorCode::Unreachable: return "unreachable";
    case ErrorCode::Refused: return "refused";
    case ErrorCode::Permission: return "permission";
    case ErrorCode::Unsupported: return "unsupported";
    case ErrorCode::LockTimeout: return "lock_timeout";
    case ErrorCode::Timeout: return "timeout";
    case ErrorCode::Cancelled: return "cancelled";
    case ErrorCode::ConnectionLost: return "connection_lost";
    case ErrorCode::OutOfSpace: return "out_of_space";
    case ErrorCode::Server: return "server";
    case ErrorCode::Io: return "io";
    case ErrorCode::Process: return "process";
    case ErrorCode::Conflict: return "conflict";
    case ErrorCode::Bug: return "bug";
  }
  return "bug";
}

std::string Error::describe() const {
  std::string text;
  for (auto frame = context.rbegin(); frame != context.rend(); ++frame) text += *frame + ": ";
  if (!where.empty()) text += where + ": ";
  return text + message;
}

Failure with_context(Error error, std::string frame) {
  error.context.push_back(std::move(frame));
  return Failure(std::move(error));
}

}  // namespace pgcontract
