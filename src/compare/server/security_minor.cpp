#include <fmt/ranges.h>

#include <algorithm>

#include "compare/declarations.hpp"
#include "compare/scope.hpp"
#include "compare/server/end_of_life.hpp"
#include "compare/server/version_text.hpp"

namespace pgcontract::compare {
namespace {

using namespace std::chrono_literals;

struct FixedIn {
  int major;
  int minor;
};

struct Weakness {
  std::string_view cve;
  std::string_view what;
  std::vector<FixedIn> fixed;  // a major that is not listed never had it
};

// Weaknesses of the server that a tenant's session can use, oldest first. Those of clients (pg_dump, libpq) and of
// poolers are not the server's version and not here. When a row is added, the date moves with it.
constexpr Date kTableDate = 2026y / 5 / 14;

const std::vector<Weakness>& weaknesses() {
  static const std::vector<Weakness> table = {
      {"CVE-2022-1552", "maintenance commands leave their security-restricted operation", {{14, 3}}},
      {"CVE-2023-2454", "CREATE SCHEMA defeats a protective search_path", {{15, 3}, {14, 8}}},
      {"CVE-2023-2455", "row policies of the wrong role after inlining", {{15, 3}, {14, 8}}},
      {"CVE-2023-39418", "MERGE ignores row policies", {{15, 4}}},
      {"CVE-2024-0985", "REFRESH MATERIALIZED VIEW CONCURRENTLY runs as its caller", {{16, 2}, {15, 6}, {14, 11}}},
      {"CVE-2024-4317", "extended statistics show other users' values", {{16, 3}, {15, 7}, {14, 12}}},
      {"CVE-2024-10976", "row policies of the wrong role in reused plans", {{17, 1}, {16, 5}, {15, 9}, {14, 14}}},
      {"CVE-2024-10978", "SET ROLE resets to the wrong user", {{17, 1}, {16, 5}, {15, 9}, {14, 14}}},
      {"CVE-2024-10979", "PL/Perl sets environment variables", {{17, 1}, {16, 5}, {15, 9}, {14, 14}}},
      {"CVE-2025-8713", "optimizer statistics show rows hidden by policies", {{17, 6}, {16, 10}, {15, 14}, {14, 19}}},
      {"CVE-2025-12817",
       "CREATE STATISTICS without CREATE on the schema",
       {{18, 1}, {17, 7}, {16, 11}, {15, 15}, {14, 20}}},
      {"CVE-2026-6472", "CREATE TYPE without CREATE on the schema", {{18, 4}, {17, 10}, {16, 14}, {15, 18}, {14, 23}}},
      {"CVE-2026-6473",
       "integer wraparound lets any SQL user overwrite memory",
       {{18, 4}, {17, 10}, {16, 14}, {15, 18}, {14, 23}}},
  };
  return table;
}

// The minor of this major that fixes it; 0 where the major never had it.
int fixing_minor(const Weakness& weakness, int major) {
  for (const auto& fixed : weakness.fixed)
    if (fixed.major == major) return fixed.minor;
  return 0;
}

Examined check(const Judged& judged) {
  const int version = judged.observation.server.version_num;
  Examined examined;
  if (version == 0) {
    examined.unknown = "no server was observed";
    return examined;
  }
  std::vector<std::string> missed;
  int wanted = 0;
  for (const auto& weakness : weaknesses()) {
    const int minor = fixing_minor(weakness, major_of(version));
    if (minor <= minor_of(version)) continue;
    missed.push_back(fmt::format("{} ({})", weakness.cve, weakness.what));
    wanted = std::max(wanted, minor);
  }
  examined.examined = fmt::format("PostgreSQL {} against the {} security fixes known by {}", version_text(version),
                                  weaknesses().size(), format_date(kTableDate));
  // No minor is below a fix that will never be made; that the major has ended is server.version's finding.
  if (const auto end = end_of_life(major_of(version)); end && judged.today >= *end)
    examined.examined += fmt::format("; its weaknesses found after {} stay open", format_date(*end));
  if (missed.empty()) return examined;
  Finding finding;
  finding.subject = server_subject();
  finding.message = fmt::format("runs PostgreSQL {}, which a tenant can attack by {}; {}.{} or newer is wanted",
                                version_text(version), fmt::join(missed, ", "), major_of(version), wanted);
  finding.tags = {"update"};
  examined.findings.push_back(std::move(finding));
  return examined;
}

}  // namespace

const Clause kServerSecurityMinor = {
    .id = "server.security_minor",
    .title = "the server has the security fixes that tenants could live off",
    .sentence = "Apply minor version patches within 14 days of release.",
    .why =
        "Roles, policies and grants are only as good as the server that enforces them. Each fix listed here closes "
        "a way for one tenant's session to read or change what is another's, or the server's own memory.",
    .needs = {Fact::Server},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
