#include <fmt/format.h>

#include "act/program.hpp"
#include "base/process.hpp"
#include "command/list.hpp"
#include "command/world.hpp"

namespace pgcontract::command {
namespace {

// Through the eyes of a tenant: its role, its setting, its path. Needs a superuser, who can leave it again (RESET
// SESSION AUTHORIZATION): this is for looking into things, not a boundary.
Result<std::string> tenant_options(const Contract& contract, const std::string& tenant) {
  if (!contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const Uuid id, Uuid::parse(tenant));
  return act::session_option(contract.tenancy->setting, id.canonical()) + " " +
         act::session_option(
             "search_path", quoted(contract.tenancy->schema_of(id)) + "," + quoted(contract.schemas.application.name)) +
         " " + act::session_option("session_authorization", contract.tenancy->role_of(id));
}

}  // namespace

Result<Report> run_psql(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  std::string options = act::session_option("search_path", quoted(place.contract.schemas.application.name) + ",public");
  if (arguments.has("--tenant")) {
    PGC_TRY(options, tenant_options(place.contract, arguments.get("--tenant")));
  }
  ProcessRequest request;
  request.arguments = {"psql"};
  request.arguments.insert(request.arguments.end(), arguments.positionals.begin(), arguments.positionals.end());
  act::set_connection(request, dsn, options);
  PGC_CHECK(exec_process(request));
  return fail(ErrorCode::Bug, "exec returned");
}

}  // namespace pgcontract::command
