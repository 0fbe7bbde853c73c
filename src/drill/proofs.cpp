#include "drill/proofs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

#include "cluster/programs.hpp"

namespace pgcontract::drill {
namespace {

namespace fs = std::filesystem;

constexpr int kDeadlineMs = 24 * 3'600'000;

std::string shortened(const std::string& text) {
  constexpr std::size_t kShown = 600;
  std::string shown = text.substr(0, kShown);
  while (!shown.empty() && shown.back() == '\n') shown.pop_back();
  return shown;
}

template <typename Prove>
Check timed(std::string name, Prove prove) {
  const auto began = std::chrono::steady_clock::now();
  Check check;
  check.name = std::move(name);
  if (const Result<void> done = prove(check); !done) {
    check.verdict = Verdict::Failed;
    check.found = done.error().describe();
  }
  check.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  return check;
}

std::vector<std::string> connection_arguments(const Isolated& copy) {
  const auto dsn = copy.dsn("postgres");
  return {"-h", dsn.keyword("host"), "-p", dsn.keyword("port"), "-U", dsn.keyword("user")};
}

// As a connection string quotes it (docs §34.1.1): a name may look like one.
std::string quoted_value(const std::string& name) {
  std::string text = "'";
  for (const char c : name) text += c == '\'' || c == '\\' ? std::string("\\") + c : std::string(1, c);
  return text + "'";
}

Result<std::vector<std::string>> databases(const Isolated& copy) {
  PGC_TRY(auto connection, postgres::Connection::open(copy.dsn("postgres")));
  PGC_TRY(const auto rows,
          connection.query("SELECT d.datname FROM pg_catalog.pg_database AS d WHERE d.datallowconn ORDER BY d.oid"));
  std::vector<std::string> names;
  for (int i = 0; i < rows.size(); ++i) names.emplace_back(rows.at(i, 0));
  return names;
}

}  // namespace

Check prove_amcheck(const Isolated& copy) {
  return timed("amcheck", [&](Check& check) -> Result<void> {
    PGC_TRY(const fs::path programs, cluster::find_server_programs(copy.major()));
    if (!fs::exists(programs / "pg_amcheck")) {
      check.verdict = Verdict::NotJudged;
      check.found = "this machine has no pg_amcheck";
      return {};
    }
    PGC_TRY(auto connection, postgres::Connection::open(copy.dsn("postgres")));
    PGC_TRY(const auto available, connection.query("SELECT FROM pg_catalog.pg_available_extensions AS e WHERE e.name "
                                                   "OPERATOR(pg_catalog.=) 'amcheck'"));
    if (available.empty()) {
      check.verdict = Verdict::NotJudged;
      check.found = "extension amcheck is not installed on this machine";
      return {};
    }
    auto arguments = connection_arguments(copy);
    arguments.insert(arguments.end(), {"--all", "--install-missing", "--heapallindexed", "--rootdescend", "--jobs=2"});
    PGC_TRY(const auto result, cluster::run_server_program(programs / "pg_amcheck", arguments, kDeadlineMs));
    if (result.exit_code != 0)
      return fail(ErrorCode::Server, "amcheck found: " + shortened(result.output + result.error_output));
    check.found = "every table and every B-tree index of every database, each heap row found in its indexes";
    return {};
  });
}

Check prove_scan(const Isolated& copy) {
  return timed("scan", [&](Check& check) -> Result<void> {
    PGC_TRY(const fs::path programs, cluster::find_server_programs(copy.major()));
    PGC_TRY(const auto names, databases(copy));
    for (const auto& name : names) {
      auto arguments = connection_arguments(copy);
      arguments.insert(arguments.end(), {"-d", fmt::format("dbname={}", quoted_value(name)), "-f", "/dev/null"});
      PGC_TRY(const auto result, cluster::run_server_program(programs / "pg_dump", arguments, kDeadlineMs));
      if (result.exit_code != 0)
        return fail(ErrorCode::Server, fmt::format("database {}: {}", name, shortened(result.error_output)));
    }
    check.found = fmt::format("every row of {} read by pg_dump", fmt::join(names, ", "));
    return {};
  });
}

Check prove_checksums(const std::string& data) {
  return timed("checksums", [&](Check& check) -> Result<void> {
    int major = 0;
    std::ifstream(fs::path(data) / "PG_VERSION") >> major;
    PGC_TRY(const fs::path programs, cluster::find_server_programs(major));
    PGC_TRY(const std::string version, control_value(data, "Data page checksum version"));
    if (version == "0") {
      check.verdict = Verdict::NotJudged;
      check.found = "the cluster has no page checksums: initdb --data-checksums, or pg_checksums --enable";
      return {};
    }
    PGC_TRY(const auto result,
            cluster::run_server_program(programs / "pg_checksums", {"--check", "-D", data}, kDeadlineMs));
    if (result.exit_code != 0)
      return fail(ErrorCode::Server, "pg_checksums found: " + shortened(result.error_output + result.output));
    const auto line = [&](std::string_view words) {
      const auto at = result.output.find(words);
      const auto from = at == std::string::npos ? at : result.output.find_first_not_of(" ", at + words.size());
      return from == std::string::npos ? std::string("?")
                                       : result.output.substr(from, result.output.find('\n', from) - from);
    };
    check.found = fmt::format("{} blocks of {} files", line("Blocks scanned:"), line("Files scanned:"));
    return {};
  });
}

}  // namespace pgcontract::drill
