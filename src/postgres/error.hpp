#pragma once
// From SQLSTATE (docs, appendix A) and libpq's messages to our Error. Private to postgres/.

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace pgcontract::postgres {

Error server_error(std::string_view sqlstate, std::string message, std::string_view detail, std::string_view hint);
// "FATAL:  28P01: password …\nLOCATION:  auth_failed, auth.c:335": takes out what PQERRORS_VERBOSE has put in.
std::string take_sqlstate(std::string& message);
// Of a failed connection attempt; `target` is Dsn::describe().
Error connect_error(std::string message, const std::string& target);

}  // namespace pgcontract::postgres
