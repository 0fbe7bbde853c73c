// Reading an object: what a broken connection cut off is asked for again from where it broke, as long as the object is
// still the same; what arrived is held against the size, and for a whole object against the digest, that the store
// tells.
#include <fmt/format.h>

#include "store/digest.hpp"
#include "store/name.hpp"
#include "store/s3.hpp"

namespace pgcontract::store {
namespace {

bool is_passing(ErrorCode code) {
  return code == ErrorCode::ConnectionLost || code == ErrorCode::Timeout || code == ErrorCode::Unreachable;
}

// The bytes of one get(), over however many requests.
struct Reading {
  Range range;
  Object object;
  bool known = false;  // `object` is set: the first answer's head was seen
  std::uint64_t delivered = 0;
  std::string expected_md5;
  Digest sha256{Digest::Kind::Sha256};
  Digest md5{Digest::Kind::Md5};

  bool is_whole() const { return range.offset == 0 && !range.length; }
  std::string header() const {
    const std::uint64_t from = range.offset + delivered;
    if (!range.length) return fmt::format("bytes={}-", from);
    return fmt::format("bytes={}-{}", from, range.offset + *range.length - 1);
  }
  std::uint64_t wanted() const {
    const std::uint64_t rest = object.size - std::min(range.offset, object.size);
    return range.length ? std::min(*range.length, rest) : rest;
  }

  Result<void> begin(const HttpAnswer& answer, const std::string& name, bool ranged) {
    if (ranged && answer.status != 206)
      return fail(ErrorCode::Unsupported,
                  fmt::format("the store sent all of {} where a part was asked for", shown_name(name)),
                  "It does not know ranges, which restores need: use another store.");
    PGC_TRY(Object seen, object_of(answer, name));
    if (known && (seen.etag != object.etag || seen.size != object.size))
      return fail(ErrorCode::Conflict, fmt::format("{} was replaced while it was read", shown_name(name)),
                  "Run the command again.");
    object = std::move(seen);
    known = true;
    expected_md5 = md5_of(answer, object.etag);
    return {};
  }
};

}  // namespace

std::string md5_of(const HttpAnswer& answer, const std::string& etag) {
  const bool hashed = etag.size() == 32 && etag.find_first_not_of("0123456789abcdef") == etag.npos;
  const std::string encryption = answer.header("x-amz-server-side-encryption");
  const bool sealed =
      encryption.starts_with("aws:kms") || !answer.header("x-amz-server-side-encryption-customer-algorithm").empty();
  return hashed && !sealed ? etag : std::string();
}

Result<Got> S3Store::get(const std::string& name, const Range& range, const Sink& sink) {
  PGC_CHECK(check_name(name));
  if (range.length == 0)
    return fail(ErrorCode::InvalidInput, fmt::format("no byte of {} was asked for", shown_name(name)));
  Reading reading;
  reading.range = range;
  const Sink counted = [&](std::string_view bytes) -> Result<void> {
    PGC_CHECK(sink(bytes));
    reading.delivered += bytes.size();
    reading.sha256.add(bytes);
    if (!reading.expected_md5.empty()) reading.md5.add(bytes);
    return {};
  };
  for (;;) {
    const std::uint64_t before = reading.delivered;
    const bool ranged = !reading.is_whole() || before > 0;
    Call call{.method = "GET", .name = name, .headers = {{"x-amz-checksum-mode", "ENABLED"}}, .sink = &counted};
    if (ranged) call.headers.emplace_back("range", reading.header());
    if (reading.known) call.headers.emplace_back("if-match", fmt::format("\"{}\"", reading.object.etag));
    call.on_head = [&](const HttpAnswer& answer) { return reading.begin(answer, name, ranged); };
    const auto reply = this->call(call);
    if (reply) break;
    if (reading.delivered > before && is_passing(reply.error().code)) continue;
    return fail(reply.error());
  }
  if (reading.delivered != reading.wanted())
    return fail(ErrorCode::ConnectionLost,
                fmt::format("{} of {} bytes of {} arrived", reading.delivered, reading.wanted(), shown_name(name)));
  Got got{reading.object, hex(reading.sha256.finish()), Agreed::Size};
  if (!reading.is_whole()) return got;
  const bool by_sha256 = !got.object.sha256.empty();
  if (!by_sha256 && reading.expected_md5.empty()) return got;
  got.agreed = by_sha256 ? Agreed::Sha256 : Agreed::Md5;
  if (by_sha256 ? got.sha256 != got.object.sha256 : hex(reading.md5.finish()) != reading.expected_md5)
    return fail(ErrorCode::Io,
                fmt::format("the bytes of {} that arrived are not those the store has a digest of", shown_name(name)),
                "Run the command again; if it says so again, the object is damaged in the store.");
  return got;
}

}  // namespace pgcontract::store
