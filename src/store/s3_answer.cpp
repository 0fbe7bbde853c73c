#include "store/s3_answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <pugixml.hpp>

#include "store/digest.hpp"
#include "store/name.hpp"

namespace pgcontract::store {
namespace {

constexpr std::chrono::seconds kSkewAllowed{15 * 60};  // what S3 allows

struct Meaning {
  std::string_view code;  // S3's own word
  ErrorCode ours;
  Remedy remedy;
  std::string_view hint;
};
constexpr std::string_view kFullHint =
    "Make room in the store, or raise its quota; nothing was dropped, and the same command can be run again.";
constexpr std::string_view kKeysHint = "Check the keys that backup.credentials names, and that the store knows them.";
constexpr std::array kMeanings = {
    Meaning{"NoSuchKey", ErrorCode::NotFound, Remedy::None, ""},
    Meaning{"NoSuchUpload", ErrorCode::NotFound, Remedy::None, ""},
    Meaning{"NoSuchBucket", ErrorCode::NotFound, Remedy::None,
            "Create the bucket, or correct backup.store in the contract."},
    Meaning{"AccessDenied", ErrorCode::Permission, Remedy::Credentials,
            "Give these keys the right to get, put, list and delete below the store's prefix."},
    Meaning{"AllAccessDisabled", ErrorCode::Permission, Remedy::None, ""},
    Meaning{"InvalidAccessKeyId", ErrorCode::Refused, Remedy::Credentials, kKeysHint},
    Meaning{
        "SignatureDoesNotMatch", ErrorCode::Refused, Remedy::Credentials,
        "The secret key does not belong to the access key, or something between here and the store changes requests."},
    Meaning{"ExpiredToken", ErrorCode::Refused, Remedy::Credentials,
            "The keys have expired and the place they come from has no newer ones: renew them there."},
    Meaning{"TokenRefreshRequired", ErrorCode::Refused, Remedy::Credentials,
            "The keys have expired and the place they come from has no newer ones: renew them there."},
    Meaning{"InvalidToken", ErrorCode::Refused, Remedy::Credentials, kKeysHint},
    Meaning{"RequestTimeTooSkewed", ErrorCode::Refused, Remedy::None,
            "Set this machine's clock, or the store's, by NTP: they must agree within 15 minutes."},
    Meaning{"PreconditionFailed", ErrorCode::Conflict, Remedy::None, ""},
    Meaning{"ConditionalRequestConflict", ErrorCode::Conflict, Remedy::Wait, ""},
    Meaning{"OperationAborted", ErrorCode::Conflict, Remedy::Wait, ""},
    Meaning{"RequestTimeout", ErrorCode::Timeout, Remedy::Wait, ""},
    Meaning{"SlowDown", ErrorCode::Unreachable, Remedy::Wait, ""},
    Meaning{"BadDigest", ErrorCode::ConnectionLost, Remedy::Wait, "The bytes were damaged on their way to the store."},
    Meaning{"XAmzContentSHA256Mismatch", ErrorCode::ConnectionLost, Remedy::Wait,
            "The bytes were damaged on their way to the store."},
    Meaning{"IncompleteBody", ErrorCode::ConnectionLost, Remedy::Wait, ""},
    Meaning{"PermanentRedirect", ErrorCode::Unreachable, Remedy::Region,
            "Set backup.endpoint and backup.region to where the bucket is."},
    Meaning{"TemporaryRedirect", ErrorCode::Unreachable, Remedy::Region,
            "Set backup.endpoint and backup.region to where the bucket is."},
    Meaning{"AuthorizationHeaderMalformed", ErrorCode::Refused, Remedy::Region,
            "Set backup.region in the contract to the region the store names."},
    Meaning{"IllegalLocationConstraintException", ErrorCode::Refused, Remedy::Region, ""},
    Meaning{"XMinioStorageFull", ErrorCode::OutOfSpace, Remedy::None, kFullHint},
    Meaning{"QuotaExceeded", ErrorCode::OutOfSpace, Remedy::None, kFullHint},
    Meaning{"XMinioAdminBucketQuotaExceeded", ErrorCode::OutOfSpace, Remedy::None, kFullHint},
    Meaning{"InsufficientStorage", ErrorCode::OutOfSpace, Remedy::None, kFullHint},
    Meaning{"NotImplemented", ErrorCode::Unsupported, Remedy::None, ""},
    Meaning{"InvalidRange", ErrorCode::InvalidInput, Remedy::None, ""},
};

// Where the server's word is not in the table, and for proxies that answer in none.
Meaning meaning_of(int status, std::string_view code) {
  for (const auto& meaning : kMeanings)
    if (meaning.code == code) return meaning;
  if (status == 400 && !code.empty()) return {"", ErrorCode::Server, Remedy::None, ""};
  switch (status) {
    case 301:
    case 307: return {"", ErrorCode::Unreachable, Remedy::Region, "Set backup.endpoint to where the bucket is."};
    case 400: return {"", ErrorCode::Refused, Remedy::Credentials, kKeysHint};  // of a HEAD: expired keys, perhaps
    case 401:
    case 403: return {"", ErrorCode::Permission, Remedy::Credentials, kKeysHint};
    case 404: return {"", ErrorCode::NotFound, Remedy::None, ""};
    case 408: return {"", ErrorCode::Timeout, Remedy::Wait, ""};
    case 412: return {"", ErrorCode::Conflict, Remedy::None, ""};
    case 416: return {"", ErrorCode::InvalidInput, Remedy::None, ""};
    case 429: return {"", ErrorCode::Unreachable, Remedy::Wait, ""};
    case 501: return {"", ErrorCode::Unsupported, Remedy::None, ""};
    case 507: return {"", ErrorCode::OutOfSpace, Remedy::None, kFullHint};
    case 500:
    case 502:
    case 503:
    case 504: return {"", ErrorCode::Unreachable, Remedy::Wait, "The store is in trouble: look at its own state."};
    default: return {"", ErrorCode::Server, Remedy::None, ""};
  }
}

bool parse(pugi::xml_document& document, const std::string& body) {
  return document.load_buffer(body.data(), body.size(), pugi::parse_default, pugi::encoding_utf8);
}

Failure unreadable(std::string_view what) {
  return fail(ErrorCode::Server, fmt::format("the store's answer is not {} as S3 writes it", what),
              "Is backup.endpoint the address of an S3 server, not of its console or of a proxy?");
}

bool number(std::string_view text, std::uint64_t& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

std::string without_quotes(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

// 2026-11-23T09:15:00.000Z
Instant iso_instant(std::string_view text) {
  const auto field = [&](std::size_t at, std::size_t length) {
    std::uint64_t value = 0;
    return text.size() >= at + length && number(text.substr(at, length), value) ? static_cast<int>(value) : 0;
  };
  const std::chrono::year_month_day date{std::chrono::year{field(0, 4)},
                                         std::chrono::month{static_cast<unsigned>(field(5, 2))},
                                         std::chrono::day{static_cast<unsigned>(field(8, 2))}};
  if (!date.ok()) return {};
  return std::chrono::sys_days{date} + std::chrono::hours{field(11, 2)} + std::chrono::minutes{field(14, 2)} +
         std::chrono::seconds{field(17, 2)};
}

// encoding-type=url: %XX, and + for a blank.
std::string url_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned byte = 0;
    const char* digits = text.data() + at + 1;
    if (text[at] == '%' && at + 2 < text.size() && std::from_chars(digits, digits + 2, byte, 16).ptr == digits + 2) {
      decoded += static_cast<char>(byte);
      at += 2;
    } else {
      decoded += text[at] == '+' ? ' ' : text[at];
    }
  }
  return decoded;
}

std::string clock_text(std::chrono::sys_seconds at) { return format_instant(Instant(at)); }

}  // namespace

S3Error s3_error(const HttpAnswer& answer) {
  S3Error error;
  error.request_id = answer.header("x-amz-request-id");
  error.region = answer.header("x-amz-bucket-region");
  pugi::xml_document document;
  if (!answer.body.empty() && parse(document, answer.body) &&
      std::string_view("Error") == document.first_child().name()) {
    const pugi::xml_node root = document.first_child();
    error.code = root.child_value("Code");
    error.message = root.child_value("Message");
    if (error.request_id.empty()) error.request_id = root.child_value("RequestId");
    if (error.region.empty()) error.region = root.child_value("Region");
    error.endpoint = root.child_value("Endpoint");
  }
  return error;
}

Remedy remedy_of(const HttpAnswer& answer, const S3Error& error) {
  // AWS's answer to a HEAD signed for another region: no body, but a header.
  if (answer.status == 400 && error.code.empty() && !error.region.empty()) return Remedy::Region;
  return meaning_of(answer.status, error.code).remedy;
}

Error error_of(const HttpAnswer& answer, const S3Error& error, const std::string& what, std::chrono::sys_seconds ours) {
  const Meaning meaning = meaning_of(answer.status, error.code);
  Error result;
  result.code = meaning.ours;
  result.hint = meaning.hint;
  const std::string word = error.code.empty() ? std::string() : " " + shown_name(error.code);
  result.message = fmt::format("the store answered {}{} to {}", answer.status, word, what);
  if (!error.message.empty()) result.message += ": " + shown_name(error.message);
  if (!error.request_id.empty()) result.message += fmt::format(" (request {})", shown_name(error.request_id));
  const auto theirs = http_date(answer.header("date"));
  const bool skewed = theirs && std::chrono::abs(*theirs - ours) > kSkewAllowed;
  // A HEAD has no body to say so in.
  if (error.code == "RequestTimeTooSkewed" || (answer.status == 403 && skewed)) {
    result.code = ErrorCode::Refused;
    result.message += fmt::format("; this machine's clock says {}, the store's {}", clock_text(ours),
                                  theirs ? clock_text(*theirs) : "nothing");
    result.hint = meaning_of(403, "RequestTimeTooSkewed").hint;
  }
  if (!error.region.empty() && meaning.remedy == Remedy::Region)
    result.hint = fmt::format("Set backup.region to {} in the contract, and backup.endpoint to an address there.",
                              shown_name(error.region));
  return result;
}

Result<ListPage> list_page(const std::string& body) {
  pugi::xml_document document;
  const bool well_formed = parse(document, body);
  const pugi::xml_node root = document.child("ListBucketResult");
  if (!well_formed || !root) return unreadable("a listing");
  const bool encoded = std::string_view(root.child_value("EncodingType")) == "url";
  ListPage page;
  for (const auto entry : root.children("Contents")) {
    Object object;
    object.name = encoded ? url_decoded(entry.child_value("Key")) : entry.child_value("Key");
    object.etag = without_quotes(entry.child_value("ETag"));
    object.modified = iso_instant(entry.child_value("LastModified"));
    if (object.name.empty() || !number(entry.child_value("Size"), object.size)) return unreadable("a listing");
    page.objects.push_back(std::move(object));
  }
  const std::string_view truncated = root.child_value("IsTruncated");
  page.next = truncated == "true" ? root.child_value("NextContinuationToken") : "";
  if (truncated == "true" && page.next.empty()) return unreadable("a listing");
  return page;
}

Result<std::string> upload_id(const std::string& body) {
  pugi::xml_document document;
  if (!parse(document, body)) return unreadable("the start of a multipart upload");
  std::string id = document.child("InitiateMultipartUploadResult").child_value("UploadId");
  if (id.empty()) return unreadable("the start of a multipart upload");
  return id;
}

Result<std::string> completed_etag(const std::string& body) {
  pugi::xml_document document;
  if (!parse(document, body) || !document.child("CompleteMultipartUploadResult"))
    return unreadable("the end of a multipart upload");
  return without_quotes(document.child("CompleteMultipartUploadResult").child_value("ETag"));
}

Result<Object> object_of(const HttpAnswer& answer, const std::string& name) {
  Object object;
  object.name = name;
  object.etag = without_quotes(answer.header("etag"));
  // Of a whole object; "…-3" is a digest of digests of parts.
  if (const std::string raw = from_base64(answer.header("x-amz-checksum-sha256")); raw.size() == 32)
    object.sha256 = hex(raw);
  if (const auto at = http_date(answer.header("last-modified"))) object.modified = Instant(*at);
  std::string size = answer.header("content-length");
  if (answer.status == 206) {  // "bytes 0-9/100"
    const std::string range = answer.header("content-range");
    const auto slash = range.find('/');
    size = slash == range.npos ? "" : range.substr(slash + 1);
  }
  if (!number(size, object.size)) return unreadable("an object");
  return object;
}

}  // namespace pgcontract::store
