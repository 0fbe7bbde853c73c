#include "act/program.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace pgcontract::act {
namespace {

constexpr int kProgramDeadlineMs = 3'600'000;
constexpr std::size_t kShownOutput = 1500;

// A line of a password file (docs §34.16) that serves every host and user.
SecretString password_line(const SecretString& password) {
  std::string line = "*:*:*:*:";
  for (char c : password.reveal()) {
    if (c == ':' || c == '\\') line += '\\';
    line += c;
  }
  return SecretString(line + "\n");
}

std::string tail(const std::string& text) {
  std::string end = text.size() > kShownOutput ? "…" + text.substr(text.size() - kShownOutput) : text;
  while (!end.empty() && end.back() == '\n') end.pop_back();
  return end;
}

}  // namespace

std::string session_option(const std::string& name, const std::string& value) {
  std::string text = "-c " + name + "=";
  for (char c : value) {
    if (c == ' ' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

void set_connection(ProcessRequest& request, const postgres::Dsn& dsn, const std::string& options) {
  constexpr std::array kVariables = {std::pair{"host", "PGHOST"},
                                     std::pair{"hostaddr", "PGHOSTADDR"},
                                     std::pair{"port", "PGPORT"},
                                     std::pair{"user", "PGUSER"},
                                     std::pair{"dbname", "PGDATABASE"},
                                     std::pair{"sslmode", "PGSSLMODE"},
                                     std::pair{"sslcert", "PGSSLCERT"},
                                     std::pair{"sslkey", "PGSSLKEY"},
                                     std::pair{"sslrootcert", "PGSSLROOTCERT"},
                                     std::pair{"passfile", "PGPASSFILE"},
                                     std::pair{"service", "PGSERVICE"}};
  request.environment_removed = {"PGPASSWORD", "PGOPTIONS", "PGSERVICE", "PGHOSTADDR"};
  for (const auto& [keyword, variable] : kVariables)
    if (const std::string value = dsn.keyword(keyword); !value.empty()) request.environment[variable] = value;
  const std::string own = dsn.keyword("options");
  request.environment["PGOPTIONS"] = own.empty() || options.empty() ? own + options : own + " " + options;
  if (!dsn.password.empty()) {
    request.secret = password_line(dsn.password);
    request.secret_variable = "PGPASSFILE";
  }
}

Result<std::string> run_program(const Contract& contract, const postgres::Dsn& dsn, const Program& program,
                                int lock_timeout_ms, const std::function<void(std::string_view)>& on_line) {
  ProcessRequest request;
  request.arguments = program.arguments;
  // Seeds use the models, so they run with the Python that Alembic runs with.
  if (request.arguments[0] == "python3" && contract.migrations)
    request.arguments[0] = python_of(contract.migrations->command);
  request.directory = contract.directory;
  std::string options = session_option("lock_timeout", std::to_string(lock_timeout_ms));
  // Where the program is ended while it waits for a lock, its session is not to stay in the queue in front of others.
  options += " " + session_option("client_connection_check_interval", "1000");
  if (!program.role.empty()) options += " " + session_option("role", program.role);
  if (!program.search_path.empty()) options += " " + session_option("search_path", program.search_path);
  set_connection(request, dsn, options);
  postgres::Dsn for_url = dsn;
  for_url.keywords.erase("options");   // a URL's would replace PGOPTIONS
  for_url.keywords.erase("passfile");  // likewise PGPASSFILE
  const std::string variable = contract.migrations ? contract.migrations->url_variable : "DATABASE_URL";
  request.environment[variable] = for_url.url();
  request.environment["PGCONTRACT_LOCK"] = "held";       // an env.py that takes our advisory lock would wait for us
  request.environment["PYTHONDONTWRITEBYTECODE"] = "1";  // run as root it would leave root's files in the team's tree
  request.deadline_ms = kProgramDeadlineMs;
  request.on_line = on_line;
  PGC_TRY(ProcessResult result, run_process(request));
  if (result.exit_code == 0) return std::move(result.output);
  const std::string said = tail(result.error_output.empty() ? result.output : result.error_output);
  // psycopg2's names of the errors too: the server's words are in its own language.
  const bool lock = std::ranges::any_of(std::array{"lock timeout", "deadlock", "LockNotAvailable", "DeadlockDetected"},
                                        [&](const char* word) { return said.find(word) != std::string::npos; });
  return fail(lock ? ErrorCode::LockTimeout : ErrorCode::Process,
              fmt::format("{} failed with exit code {}:\n{}", program.arguments[0], result.exit_code, said),
              "Its own message says what is wrong; nothing that it did in a transaction was kept.");
}

}  // namespace pgcontract::act
