#include "command/list.hpp"
#include "command/scratch.hpp"

namespace pgcontract::command {

Result<Report> run_restore_tenant(const Arguments&) { return fail(ErrorCode::Unsupported, "comes next"); }

}  // namespace pgcontract::command
