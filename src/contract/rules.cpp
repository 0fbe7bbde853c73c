#include "contract/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdint>
#include <limits>
#include <utility>

#include "base/instant.hpp"

namespace pgcontract::contract {
namespace {

using Verdict = std::optional<Complaint>;

constexpr std::size_t kNameBytes = 63;  // NAMEDATALEN - 1
constexpr std::string_view kIdPlace = "{id}";
constexpr std::size_t kIdDigits = 32;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A letter or underscore, then those, digits and whatever is in `also`.
bool is_word(std::string_view text, std::string_view also = {}) {
  return !text.empty() && is_letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || is_digit(c) || also.find(c) != also.npos;
  });
}

bool looks_like_connection_string(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
  const auto has = [&](std::string_view part) { return lower.find(part) != lower.npos; };
  return has("postgres://") || has("postgresql://") || has("host=") || (has("://") && has("@")) ||
         (has("password") && has("="));
}

Verdict check_length(std::string_view text, std::size_t bytes) {
  if (bytes <= kNameBytes) return {};
  return Complaint{
      fmt::format("would be {} bytes long in {}: PostgreSQL would truncate it to {}", bytes, shown(text), kNameBytes),
      "Choose a shorter name; letters outside ASCII take two to four bytes each."};
}

Verdict check_identifier(const std::string& text) { return check_length(text, text.size()); }

Verdict check_not_reserved(std::string_view text) {
  if (text.starts_with("pg_"))
    return Complaint{
        fmt::format("must not start with pg_, as {} does: PostgreSQL keeps such names for itself", shown(text)),
        "Choose another name."};
  return {};
}

Verdict check_schema(const std::string& text) {
  if (text == "information_schema" || text == "pgcontract")
    return Complaint{fmt::format("must not be {}: that schema is taken", shown(text)), "Choose another name."};
  if (auto complaint = check_not_reserved(text)) return complaint;
  return check_identifier(text);
}

Verdict check_role(const std::string& text) {
  if (text == "public" || text == "none")
    return Complaint{fmt::format("must not be {}: PostgreSQL reserves that word", shown(text)), "Choose another name."};
  if (auto complaint = check_not_reserved(text)) return complaint;
  return check_identifier(text);
}

Verdict check_pattern(const std::string& text) {
  const auto at = text.find(kIdPlace);
  if (at == text.npos || text.find(kIdPlace, at + 1) != text.npos)
    return Complaint{fmt::format("must contain {} exactly once, unlike {}", kIdPlace, shown(text)),
                     "{id} stands for the 32 digits of a tenant's id: write tenant_{id}, for example."};
  if (auto complaint = check_not_reserved(text)) return complaint;
  return check_length(text, text.size() - kIdPlace.size() + kIdDigits);
}

Verdict check_contract_name(const std::string& text) {
  const bool good = text[0] >= 'a' && text[0] <= 'z' && std::all_of(text.begin(), text.end(), [](char c) {
                      return (is_letter(c) && !(c >= 'A' && c <= 'Z')) || is_digit(c) || c == '-';
                    });
  if (!good)
    return Complaint{fmt::format("must be lower-case letters, digits, _ and -, not {}", shown(text)),
                     "Write a name such as stratmaster; it starts with a letter."};
  return check_identifier(text);  // it is the embedded database's name, too
}

Verdict check_environment_name(const std::string& text) {
  if (is_letter(text[0]) && text[0] != '_' && is_word(text, "-")) return {};
  return Complaint{fmt::format("must be letters, digits, _ and -, not {}", shown(text)),
                   "Write a name such as production; it starts with a letter."};
}

Verdict check_prefix(const std::string& text) {
  if (!is_word(text, "$") || std::any_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
    return Complaint{fmt::format("must be the start of a table's name in lower case, not {}", shown(text)),
                     "Write a prefix such as research_."};
  return check_length(text, text.size());
}

Verdict check_setting(const std::string& text) {
  std::size_t parts = 0;
  for (std::size_t at = 0; at <= text.size(); ++parts) {
    const std::size_t dot = std::min(text.find('.', at), text.size());
    if (!is_word(std::string_view(text).substr(at, dot - at), "$"))
      return Complaint{fmt::format("must be the name of a custom setting, not {}", shown(text)),
                       "Write two words joined by a dot, such as app.tenant_id."};
    at = dot + 1;
  }
  if (parts < 2)
    return Complaint{
        fmt::format("must contain a dot, unlike {}: PostgreSQL lets only such settings be invented", shown(text)),
        "Write two words joined by a dot, such as app.tenant_id."};
  return check_length(text, text.size());
}

Verdict check_variable(const std::string& text) {
  if (is_word(text)) return {};
  return Complaint{fmt::format("must be the name of an environment variable, not {}", shown(text)),
                   "Write a name such as DATABASE_URL."};
}

const Complaint kSecretComplaint{
    "holds a connection string: secrets do not belong in the contract",
    "Put it in an environment variable or a secret file and write dsn_from: env:NAME or dsn_from: file:PATH; if it was "
    "ever committed, change the password."};

Verdict check_embedded(const std::string& text) {
  if (text == "embedded") return {};
  if (looks_like_connection_string(text)) return kSecretComplaint;
  // The value is not shown: whatever was meant for a DSN may hold a password.
  return Complaint{"can only be embedded",
                   "Write dsn: embedded for a cluster that pgcontract runs itself, or name where the DSN is with "
                   "dsn_from: env:NAME or dsn_from: file:PATH."};
}

Verdict check_dsn_from(const std::string& text) {
  const std::string_view source = text;
  if (source.starts_with("env:") && is_word(source.substr(4))) return {};
  if (source.starts_with("file:") && source.size() > 5 && source.find("://", 5) == source.npos) return {};
  if (looks_like_connection_string(text)) return kSecretComplaint;
  return Complaint{"must be env:NAME or file:PATH",
                   "Name the environment variable or the file that holds the DSN, such as env:DATABASE_URL or "
                   "file:/run/secrets/postgres-dsn."};
}

Verdict check_store(const std::string& text) {
  const auto scheme = text.find("://");
  if (scheme == text.npos || scheme == 0 || scheme + 3 == text.size())
    return Complaint{fmt::format("must be the URL of a store, not {}", shown(text)),
                     "Write one such as s3://bucket/path or file:///var/backups."};
  const std::string_view authority = std::string_view(text).substr(scheme + 3, text.find('/', scheme + 3) - scheme - 3);
  if (authority.find('@') != authority.npos)
    return Complaint{"holds credentials: secrets do not belong in the contract",
                     "Write the URL without them; the store's own configuration supplies them."};
  return {};
}

Verdict check_environment_store(const std::string& text) {
  return text == "embedded" || text == "none" ? Verdict{} : check_store(text);
}

Verdict check_endpoint(const std::string& text) {
  std::string_view host = text;
  for (const std::string_view scheme : {"https://", "http://"})
    if (host.starts_with(scheme)) {
      host.remove_prefix(scheme.size());
      if (host.find('@') != host.npos)
        return Complaint{"holds credentials: secrets do not belong in the contract",
                         "Write the URL without them, and where the keys are with backup.credentials."};
      if (!host.empty() && host.find_first_of("/?#\\ ") == host.npos) return {};
    }
  return Complaint{fmt::format("must be http:// or https:// with a host and no path, not {}", shown(text)),
                   "Write an address such as https://minio.example.org:9000."};
}

Verdict check_region(const std::string& text) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-'; };
  if (std::all_of(text.begin(), text.end(), good)) return {};
  return Complaint{fmt::format("must be lower-case letters, digits and -, not {}", shown(text)),
                   "Write a region such as eu-central-1."};
}

Verdict check_credentials(const std::string& text) {
  if (text == "env" || (text.starts_with("file:") && text.size() > 5) ||
      (text.starts_with("folder:") && text.size() > 7))
    return {};
  // The value is not shown: whatever else stands here may be a key.
  return Complaint{"must be env, file:PATH or folder:PATH",
                   "Keys do not belong in the contract: name the file or the folder that holds them; if one was ever "
                   "committed, replace it."};
}

Verdict check_date(const std::string& text) {
  // The digits are checked here because parse_date() reads numbers, and "-027" is one.
  const bool shaped = text.size() == 10 && is_digit(text[0]) && text[4] == '-' && text[7] == '-';
  if (shaped && parse_date(text)) return {};
  return Complaint{fmt::format("must be a date, not {}", shown(text)), "Write year-month-day, such as 2027-06-30."};
}

Verdict check_duration(const std::string& text) {
  const auto blank = text.find(' ');
  const std::string_view digits = std::string_view(text).substr(0, blank);
  const std::string_view unit = blank == text.npos ? "" : std::string_view(text).substr(blank + 1);
  const bool counted =
      !digits.empty() && digits.size() <= 4 && digits[0] != '0' && std::all_of(digits.begin(), digits.end(), is_digit);
  if (counted)
    for (const std::string_view known : {"hour", "hours", "day", "days", "week", "weeks"})
      if (unit == known) return {};
  return Complaint{fmt::format("must be a number of hours, days or weeks, not {}", shown(text)),
                   "Write a duration such as 14 days."};
}

// A whole number with one of `units` that, in the smallest unit, PostgreSQL can hold.
Verdict check_limit(const std::string& text, std::string_view what, std::string_view sample,
                    std::initializer_list<std::pair<std::string_view, std::int64_t>> units) {
  if (text == "none") return {};
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view unit(end, text.data() + text.size());
  for (const auto& [known, factor] : units) {
    if (error != std::errc() || !is_digit(text[0]) || unit != known) continue;
    if (number > 0 && number <= std::numeric_limits<std::int32_t>::max() / factor) return {};
    return Complaint{
        fmt::format("cannot be {}", shown(text)),
        number == 0 ? "Write none for no limit." : "PostgreSQL cannot hold that much; write none for no limit."};
  }
  std::string words;
  for (const auto& unit_row : units) words += (words.empty() ? "" : ", ") + std::string(unit_row.first);
  return Complaint{fmt::format("must be {} with its unit, not {}", what, shown(text)),
                   fmt::format("Write one such as {}, or none; units are {}.", sample, words)};
}

Verdict check_time_limit(const std::string& text) {
  return check_limit(text, "a time", "30s",
                     {{"ms", 1}, {"s", 1'000}, {"min", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}});
}

Verdict check_size_limit(const std::string& text) {
  return check_limit(text, "a size", "1GB", {{"kB", 1}, {"MB", 1'024}, {"GB", 1'048'576}, {"TB", 1'073'741'824}});
}

bool is_hex(std::string_view text) {
  const auto good = [](char c) { return is_digit(c) || (c >= 'A' && c <= 'F'); };
  return !text.empty() && text.size() <= 8 && std::all_of(text.begin(), text.end(), good);
}

Verdict check_lsn(const std::string& text) {
  const auto slash = text.find('/');
  if (slash != text.npos && is_hex(text.substr(0, slash)) && is_hex(text.substr(slash + 1))) return {};
  return Complaint{fmt::format("must be an LSN, not {}", shown(text)),
                   "Write it as PostgreSQL and backup windows print it, such as 0/3000000."};
}

Verdict check_timeline(const std::string& text) {
  if (!text.empty() && text.size() <= 9 && text[0] != '0' && std::all_of(text.begin(), text.end(), is_digit)) return {};
  return Complaint{fmt::format("must be a timeline's number, not {}", shown(text)), "Write a number such as 1."};
}

}  // namespace

namespace rule {
const Rule kLine{.value = "text on one line"};
const Rule kOptionalLine{.value = "text on one line, or \"\"", .may_be_empty = true};
const Rule kParagraph{.value = "text", .may_have_lines = true};
const Rule kContractName{.value = "lower-case letters, digits, `_` and `-`, a letter first",
                         .pattern = "^[a-z][a-z0-9_-]*$",
                         .longest = 63,
                         .check = check_contract_name};
const Rule kEnvironmentName{.value = "letters, digits, `_` and `-`, a letter first",
                            .pattern = "^[A-Za-z][A-Za-z0-9_-]*$",
                            .check = check_environment_name};
const Rule kSchema{.value = "a schema's name, up to 63 bytes, not `pg_*`",
                   .pattern = "^(?!pg_|information_schema$|pgcontract$)",
                   .longest = 63,
                   .check = check_schema};
const Rule kRole{.value = "a role's name, up to 63 bytes, not `pg_*`",
                 .pattern = "^(?!pg_|public$|none$)",
                 .longest = 63,
                 .check = check_role};
const Rule kIdentifier{.value = "a name of up to 63 bytes", .longest = 63, .check = check_identifier};
const Rule kPrefix{.value = "lower-case letters, digits and `_`",
                   .pattern = "^[a-z_][a-z0-9_$]*$",
                   .longest = 63,
                   .check = check_prefix};
constexpr std::string_view kPatternPattern = R"(^(?!pg_)([^{]|\{(?!id\}))*\{id\}([^{]|\{(?!id\}))*$)";
const Rule kSchemaPattern{.value = "a schema's name with `{id}` once, up to 63 bytes with 32 digits for `{id}`",
                          .pattern = kPatternPattern,
                          .longest = 35,
                          .check = check_pattern};
const Rule kRolePattern{.value = "a role's name with `{id}` once, up to 63 bytes with 32 digits for `{id}`",
                        .pattern = kPatternPattern,
                        .longest = 35,
                        .check = check_pattern};
const Rule kSetting{.value = "two or more words joined by dots",
                    .pattern = R"(^[A-Za-z_][A-Za-z0-9_$]*(\.[A-Za-z_][A-Za-z0-9_$]*)+$)",
                    .longest = 63,
                    .check = check_setting};
const Rule kVariable{
    .value = "the name of an environment variable", .pattern = "^[A-Za-z_][A-Za-z0-9_]*$", .check = check_variable};
const Rule kEmbedded{.value = "`embedded`", .pattern = "^embedded$", .check = check_embedded};
const Rule kDsnFrom{.value = "`env:NAME` or `file:PATH`",
                    .pattern = R"(^(env:[A-Za-z_][A-Za-z0-9_]*|file:(?!.*://).+)$)",
                    .check = check_dsn_from};
const Rule kStore{
    .value = "a URL without credentials", .pattern = R"(^[^:]((?!://).)*://(?![^/]*@).+$)", .check = check_store};
const Rule kEnvironmentStore{.value = "`embedded`, `none`, or a URL without credentials",
                             .pattern = R"(^(embedded|none|[^:]((?!://).)*://(?![^/]*@).+)$)",
                             .check = check_environment_store};
const Rule kEndpoint{.value = "`http://` or `https://` with a host and no path",
                     .pattern = R"(^https?://[^@/?#\\ ]+$)",
                     .check = check_endpoint};
const Rule kRegion{.value = "a region such as `eu-central-1`", .pattern = "^[a-z0-9-]+$", .check = check_region};
const Rule kCredentials{
    .value = "`env`, `file:PATH` or `folder:PATH`", .pattern = "^(env|file:.+|folder:.+)$", .check = check_credentials};
const Rule kDate{.value = "a date, year-month-day",
                 .pattern = "^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$",
                 .check = check_date};
const Rule kDuration{.value = "a number of hours, days or weeks",
                     .pattern = "^[1-9][0-9]{0,3} (hour|day|week)s?$",
                     .check = check_duration};
const Rule kTimeLimit{.value = "a time such as `30s` (`ms`, `s`, `min`, `h`, `d`), or `none`",
                      .pattern = "^([1-9][0-9]{0,9}(ms|s|min|h|d)|none)$",
                      .check = check_time_limit};
const Rule kSizeLimit{.value = "a size such as `1GB` (`kB`, `MB`, `GB`, `TB`), or `none`",
                      .pattern = "^([1-9][0-9]{0,9}(kB|MB|GB|TB)|none)$",
                      .check = check_size_limit};
const Rule kTimeline{.value = "a timeline's number", .pattern = "^[1-9][0-9]{0,8}$", .check = check_timeline};
const Rule kLsn{.value = "an LSN", .pattern = "^[0-9A-F]{1,8}/[0-9A-F]{1,8}$", .check = check_lsn};
}  // namespace rule

Verdict check(const Rule& rule, const std::string& text) {
  if (text.empty()) {
    if (rule.may_be_empty) return {};
    return Complaint{"must not be empty", fmt::format("Write {}.", rule.value)};
  }
  for (const char c : text) {
    if (c == '\n' && !rule.may_have_lines) return Complaint{"must stand on one line", "Remove the line break."};
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    if (control && c != '\n')
      return Complaint{fmt::format("contains the control character 0x{:02x}", static_cast<unsigned char>(c)),
                       "Remove it."};
  }
  return rule.check == nullptr ? Verdict{} : rule.check(text);
}

std::string shown(std::string_view text) {
  if (looks_like_connection_string(text)) return "a value that may hold a secret (not shown)";
  constexpr std::size_t kShownBytes = 80;
  if (text.size() <= kShownBytes) return fmt::format("\"{}\"", text);
  std::size_t end = kShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return fmt::format("\"{}…\"", text.substr(0, end));
}

}  // namespace pgcontract::contract
