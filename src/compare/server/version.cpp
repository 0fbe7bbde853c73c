#include "compare/declarations.hpp"
#include "compare/scope.hpp"
#include "compare/server/end_of_life.hpp"
#include "compare/server/version_text.hpp"

namespace pgcontract::compare {
namespace {

constexpr int kOldestMajor = 14;

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
  const auto end = end_of_life(major_of(version));
  if (!end || judged.today < *end) return examined;
  finding.message = fmt::format("runs PostgreSQL {}, which is past its end of life since {}: no more fixes",
                                version_text(version), format_date(*end));
  finding.tags = {"end_of_life"};
  examined.findings.push_back(std::move(finding));
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
