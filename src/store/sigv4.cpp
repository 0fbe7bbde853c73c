#include "store/sigv4.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "store/digest.hpp"

namespace pgcontract::store {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// Outer blanks go, inner ones become one.
std::string trimmed(std::string_view value) {
  std::string text;
  for (const char c : value) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && (text.empty() || text.back() == ' ')) continue;
    text += blank ? ' ' : c;
  }
  while (text.ends_with(' ')) text.pop_back();
  return text;
}

Pairs canonical_headers(const Pairs& headers) {
  Pairs sorted;
  for (const auto& [name, value] : headers) {
    std::string lower = name;
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    sorted.emplace_back(std::move(lower), trimmed(value));
  }
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return sorted;
}

std::string names_of(const Pairs& headers) {
  std::string names;
  for (const auto& header : headers) names += (names.empty() ? "" : ";") + header.first;
  return names;
}

}  // namespace

std::string percent_encoded(std::string_view text, bool keep_slash) {
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<std::uint8_t>(c);
    const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '.' || c == '_' || c == '~' || (c == '/' && keep_slash);
    if (plain)
      encoded += c;
    else
      encoded += fmt::format("%{:02X}", byte);
  }
  return encoded;
}

std::string query_text(const Pairs& query) {
  Pairs encoded;
  for (const auto& [name, value] : query)
    encoded.emplace_back(percent_encoded(name, false), percent_encoded(value, false));
  std::sort(encoded.begin(), encoded.end());
  std::string text;
  for (const auto& [name, value] : encoded) text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
  return text;
}

std::string amz_date(std::chrono::sys_seconds at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{at - day};
  return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

std::string canonical_request(const Signable& request) {
  const Pairs headers = canonical_headers(request.headers);
  std::string text = fmt::format("{}\n{}\n{}\n", request.method, request.path, query_text(request.query));
  for (const auto& [name, value] : headers) text += fmt::format("{}:{}\n", name, value);
  return text + fmt::format("\n{}\n{}", names_of(headers), request.payload_sha256);
}

std::string authorization(const Signable& request, const Credentials& credentials, const Scope& scope,
                          std::string_view date) {
  const std::string_view day = date.substr(0, 8);
  const std::string where = fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
  const std::string text =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, date, where, hex(raw_sha256(canonical_request(request))));
  // Each link of the chain is as good as the key itself for its day: kept where it is wiped.
  SecretString key(fmt::format("AWS4{}", credentials.secret_key.reveal()));
  for (const std::string_view link :
       {day, std::string_view(scope.region), std::string_view(scope.service), std::string_view("aws4_request")})
    key = SecretString(hmac_sha256(key.reveal(), link));
  return fmt::format("{} Credential={}/{},SignedHeaders={},Signature={}", kAlgorithm, credentials.access_key, where,
                     names_of(canonical_headers(request.headers)), hex(hmac_sha256(key.reveal(), text)));
}

}  // namespace pgcontract::store
