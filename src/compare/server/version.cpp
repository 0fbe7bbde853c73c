#include "compare/declarations.hpp"
#include "compare/scope.hpp"
#include "compare/server/version_text.hpp"

namespace pgcontract::compare {
namespace {

constexpr int kOldestMajor = 14;

// When the community's last minor of a major was due (postgresql.org/support/versioning, read 2026-11-23).
struct EndOfLife {
  int major;
  Date date;
};
using namespace std::chrono_literals;
constexpr EndOfLife kEndsOfLife[] = {
    {14, 2026y / 11 / 12}, {15, 2027y / 11 / 11}, {16, 2028y / 11 / 9}, {17, 2029y / 11 / 8}, {18, 2030y / 11 / 14},
};

Examined check(const Judged& judged) {
  const int version = judged.observation.server.version_num;
  Examined examined;
  if (version == 0) {
    examined.unknown = "no server was observed";
    return examined;
  }
  examined.examined = "PostgreSQL " + version_text(version);
  Finding finding;
  finding.subject = server_subject();
  if (major_of(version) < kOldestMajor) {
    finding.message =
        fmt::format("runs PostgreSQL {}, the contract asks for {} or newer", version_text(version), kOldestMajor);
    finding.tags = {"too_old"};
    examined.findings.push_back(std::move(finding));
    return examined;
  }
  for (const auto& end : kEndsOfLife) {
    if (end.major != major_of(version) || judged.today < end.date) continue;
    finding.message = fmt::format("runs PostgreSQL {}, which is past its end of life since {}: no more fixes",
                                  version_text(version), format_date(end.date));
    finding.tags = {"end_of_life"};
    examined.findings.push_back(std::move(finding));
    break;
  }
  return examined;
}

}  // namespace

const Clause kServerVersion = {
    .id = "server.version",
    .title = "the server is PostgreSQL 14 or newer and still gets fixes",
    .sentence = "Production clusters run in PostgreSQL 14+.",
    .why =
        "Before 14 a role's privileges and the catalogs differ too much for the isolation below to hold. A version "
        "past its end of life gets no security fixes any more: 14 since 2026-11-12.",
    .needs = {Fact::Server},
    .check = check,
    .pending = {},
};

}  // namespace pgcontract::compare
