#include <fmt/format.h>
#include <unistd.h>

#include "act/program.hpp"
#include "base/process.hpp"
#include "command/list.hpp"
#include "command/world.hpp"

namespace pgcontract::command {
namespace {

// Through the eyes of a tenant: its role, its setting, its path. Needs a superuser, who can leave it again (RESET
// SESSION AUTHORIZATION): this is for looking into things, not a boundary.
struct TenantSession {
  std::string options;        // for PGOPTIONS
  std::string authorization;  // the server takes this one only as a statement
};

Result<TenantSession> tenant_session(const Contract& contract, const std::string& tenant) {
  if (!contract.tenancy) return fail(ErrorCode::Usage, "the contract has no tenancy section");
  PGC_TRY(const Uuid id, tenant_argument(tenant));
  const std::string path = quoted(contract.tenancy->schema_of(id)) + "," + quoted(contract.schemas.application.name);
  return TenantSession{
      act::session_option(contract.tenancy->setting, id.canonical()) + " " + act::session_option("search_path", path),
      "SET SESSION AUTHORIZATION " + quoted(contract.tenancy->role_of(id))};
}

bool names_commands(const std::vector<std::string>& arguments) {
  for (const auto& argument : arguments) {
    if (argument.starts_with("--command") || argument.starts_with("--file")) return true;
    const bool short_options = argument.size() > 1 && argument[0] == '-' && argument[1] != '-';
    if (short_options && argument.find_first_of("cf") != std::string::npos) return true;
  }
  return false;
}

// psql runs -c and -f in order in one session: first of all it becomes the tenant, and stops where it may not. A
// session at the terminal is the same with the statement in a start-up file, which nobody else can read or change.
void become_tenant(const std::string& authorization, ProcessRequest& request, bool interactive) {
  std::vector<std::string> first = {"-v", "ON_ERROR_STOP=1", "-c", "\\o /dev/null", "-c", authorization, "-c", "\\o"};
  if (interactive) {
    first = {"-v", "ON_ERROR_STOP=1"};
    request.start_file = "\\o /dev/null\n" + authorization + ";\n\\o\n";
    request.start_file_variable = "PSQLRC";
  } else if (!names_commands(request.arguments)) {
    first.insert(first.end(), {"-f", "-"});
  }
  request.arguments.insert(request.arguments.begin() + 1, first.begin(), first.end());
}

}  // namespace

Result<Report> run_psql(const Arguments& arguments) {
  PGC_TRY(const Place place, open_place(arguments));
  PGC_TRY(const postgres::Dsn dsn, resolve_dsn(place));
  std::string options = act::session_option("search_path", quoted(place.contract.schemas.application.name) + ",public");
  TenantSession session;
  if (arguments.has("--tenant")) {
    PGC_TRY(session, tenant_session(place.contract, arguments.get("--tenant")));
    options = session.options;
  }
  ProcessRequest request;
  request.arguments = {"psql"};
  request.arguments.insert(request.arguments.end(), arguments.positionals.begin(), arguments.positionals.end());
  if (arguments.has("--tenant"))
    become_tenant(session.authorization, request, arguments.positionals.empty() && isatty(STDIN_FILENO) != 0);
  act::set_connection(request, dsn, options);
  PGC_CHECK(exec_process(request));
  return fail(ErrorCode::Bug, "exec returned");
}

}  // namespace pgcontract::command
