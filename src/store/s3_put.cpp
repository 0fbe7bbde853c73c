// Writing an object. A part is in memory while it is sent, so each request can be repeated and is signed with the
// digest of its very bytes: the server refuses what was damaged on the way, with TLS and without. Nothing counts as
// stored before a HEAD agreed.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "store/digest.hpp"
#include "store/name.hpp"
#include "store/s3.hpp"

namespace pgcontract::store {
namespace {

constexpr std::size_t kSmallestPart = std::size_t{5} << 20;  // S3's rule, but for the last one
constexpr std::size_t kMostParts = 10'000;
constexpr std::size_t kFirstBuffer = std::size_t{64} << 10;
constexpr std::string_view kChecksum = "x-amz-checksum-sha256";

// Cuts a source into parts, and knows of each whether it is the last.
class Parts {
 public:
  // `expected` bytes are room enough to begin with; more are found when they come.
  Parts(const Source& source, std::size_t size, std::uint64_t expected)
      : source_(source), size_(size), first_(std::clamp<std::uint64_t>(expected + 1, kFirstBuffer, size)) {}

  // Fills `part`; true: it is the last.
  Result<bool> next(std::string& part) {
    std::size_t used = 0;
    part.resize(std::min(size_, std::max(part.size(), first_)));
    if (ahead_) part[used++] = *std::exchange(ahead_, std::nullopt);
    while (used < size_) {
      if (used == part.size()) part.resize(std::min(size_, part.size() * 2));
      PGC_TRY(const std::size_t count, source_(std::span<char>(part).subspan(used)));
      if (count == 0) {
        part.resize(used);
        return true;
      }
      used += count;
    }
    char more = 0;
    PGC_TRY(const std::size_t count, source_(std::span<char>(&more, 1)));
    if (count > 0) ahead_ = more;
    return count == 0;
  }

 private:
  const Source& source_;
  std::size_t size_;
  std::size_t first_;
  std::optional<char> ahead_;
};

Failure other_content(const std::string& name) {
  return fail(ErrorCode::Conflict, fmt::format("{} is in the store already, with other content", shown_name(name)),
              "Nothing was overwritten. Two writers under one prefix are a split brain: find the other one.");
}

Failure disagreement(const std::string& name, const std::string& what) {
  return fail(ErrorCode::Io, fmt::format("{} does not count as stored: {}", shown_name(name), what),
              "Run the command again; if it says so again, something between here and the store's disks is broken.");
}

}  // namespace

// One multipart upload; what is not completed is aborted when this dies, so that no parts are left to be paid for.
class S3Store::Upload {
 public:
  Upload(S3Store& store, const std::string& name) : store_(store), name_(name) {}
  Upload(const Upload&) = delete;
  Upload& operator=(const Upload&) = delete;
  ~Upload() {
    if (id_.empty()) return;
    static_cast<void>(
        store_.call({.method = "DELETE", .name = name_, .query = {{"uploadId", id_}}, .despite_abort = true}));
  }

  Result<void> begin() {
    Call call{.method = "POST", .name = name_, .query = {{"uploads", ""}}};
    if (store_.checksums_) call.headers.emplace_back("x-amz-checksum-algorithm", "SHA256");
    PGC_TRY(const Reply reply, store_.call(call));
    with_checksums_ = store_.checksums_;
    PGC_TRY(id_, upload_id(reply.answer.body));
    return {};
  }

  Result<void> add(std::string_view bytes) {
    if (sent_.size() == kMostParts)
      return fail(ErrorCode::Unsupported,
                  fmt::format("{} has more than {} parts of {} bytes", shown_name(name_), kMostParts, bytes.size()));
    const std::string digest = raw_sha256(bytes);
    Call call{.method = "PUT",
              .name = name_,
              .query = {{"partNumber", fmt::format("{}", sent_.size() + 1)}, {"uploadId", id_}},
              .body = bytes,
              .payload_sha256 = hex(digest)};
    if (with_checksums_) call.headers.emplace_back(kChecksum, base64(digest));
    PGC_TRY(const Reply reply, store_.call(call));
    std::string etag = reply.answer.header("etag");
    if (etag.size() > 2 && etag.front() == '"') etag = etag.substr(1, etag.size() - 2);
    const std::string told = reply.answer.header(kChecksum);
    const std::string md5 = md5_of(reply.answer, etag);
    if (!told.empty() ? told != base64(digest) : !md5.empty() && md5 != hex(raw_md5(bytes)))
      return disagreement(name_, fmt::format("part {} arrived with another digest", sent_.size() + 1));
    agreed_ = std::max(agreed_, !told.empty() ? Agreed::Sha256 : !md5.empty() ? Agreed::Md5 : Agreed::Size);
    sent_.push_back({etag, digest});
    size_ += bytes.size();
    whole_.add(bytes);
    return {};
  }

  Result<Stored> complete(bool if_absent) {
    const std::string sha256 = hex(whole_.finish());
    std::string body = "<CompleteMultipartUpload>";
    std::string digests;
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      body += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>\"{}\"</ETag>", i + 1, sent_[i].etag);
      if (with_checksums_) body += fmt::format("<ChecksumSHA256>{}</ChecksumSHA256>", base64(sent_[i].digest));
      body += "</Part>";
      digests += sent_[i].digest;
    }
    body += "</CompleteMultipartUpload>";
    Call call{
        .method = "POST", .name = name_, .query = {{"uploadId", id_}}, .body = body, .success_may_be_an_error = true};
    if (if_absent) call.headers.emplace_back("if-none-match", "*");
    const auto reply = store_.call(call);
    if (!reply && reply.error().code == ErrorCode::Conflict && if_absent)
      return store_.same_content(name_, size_, sha256);
    // Perhaps a first try was carried out and only its answer was lost: the HEAD decides.
    const bool lost = !reply && reply.error().code == ErrorCode::NotFound;
    if (!reply && !lost) return fail(reply.error());
    id_.clear();
    PGC_TRY(const Reply head,
            store_.call({.method = "HEAD", .name = name_, .headers = {{"x-amz-checksum-mode", "ENABLED"}}}));
    PGC_TRY(const Object object, object_of(head.answer, name_));
    if (object.size != size_)
      return disagreement(name_, fmt::format("{} bytes were sent, the store has {}", size_, object.size));
    const std::string composite = fmt::format("{}-{}", base64(raw_sha256(digests)), sent_.size());
    const std::string told = head.answer.header(kChecksum);
    const bool known = told == composite || (!object.sha256.empty() && object.sha256 == sha256);
    if (!told.empty() && !known) return disagreement(name_, "the store has another digest of it");
    if (told.empty() && lost) return store_.same_content(name_, size_, sha256);
    return Stored{size_, sha256, object.etag, agreed_, false};
  }

 private:
  struct Sent {
    std::string etag;
    std::string digest;  // raw
  };
  S3Store& store_;
  std::string name_;
  std::string id_;
  bool with_checksums_ = false;
  std::vector<Sent> sent_;
  std::uint64_t size_ = 0;
  Agreed agreed_ = Agreed::Sha256;  // the weakest of the parts'
  Digest whole_{Digest::Kind::Sha256};
};

Result<Stored> S3Store::same_content(const std::string& name, std::uint64_t size, const std::string& sha256) {
  PGC_TRY(const Object there, head(name));
  if (there.size != size) return other_content(name);
  Stored stored{size, sha256, there.etag, Agreed::Sha256, true};
  std::string found = there.sha256;
  if (found.empty()) {
    PGC_TRY(const Got got, get(name, {}, [](std::string_view) { return Result<void>(); }));
    found = got.sha256;
  }
  if (found != sha256) return other_content(name);
  return stored;
}

Result<Stored> S3Store::put_whole(const std::string& name, std::string_view body, const PutOptions& options) {
  const std::string digest = raw_sha256(body);
  const bool with_checksum = checksums_;
  Call call{.method = "PUT", .name = name, .body = body, .payload_sha256 = hex(digest)};
  if (with_checksum) call.headers.emplace_back(kChecksum, base64(digest));
  if (options.if_absent) call.headers.emplace_back("if-none-match", "*");
  const auto reply = this->call(call);
  if (!reply && reply.error().code == ErrorCode::Conflict && options.if_absent)
    return same_content(name, body.size(), hex(digest));
  if (!reply && reply.error().code == ErrorCode::Unsupported && with_checksum) {
    checksums_ = false;  // a server of before 2022: its ETags have to do
    return put_whole(name, body, options);
  }
  if (!reply) return fail(reply.error());
  PGC_TRY(const Reply head,
          this->call({.method = "HEAD", .name = name, .headers = {{"x-amz-checksum-mode", "ENABLED"}}}));
  PGC_TRY(const Object object, object_of(head.answer, name));
  if (object.size != body.size())
    return disagreement(name, fmt::format("{} bytes were sent, the store has {}", body.size(), object.size));
  Stored stored{body.size(), hex(digest), object.etag, Agreed::Size, false};
  const std::string md5 = md5_of(head.answer, object.etag);
  if (!object.sha256.empty())
    stored.agreed = Agreed::Sha256;
  else if (!md5.empty())
    stored.agreed = Agreed::Md5;
  if (!object.sha256.empty() ? object.sha256 != stored.sha256 : !md5.empty() && md5 != hex(raw_md5(body)))
    return disagreement(name, "the store has another digest of it");
  return stored;
}

Result<Stored> S3Store::put(const std::string& name, const Source& source, const PutOptions& options) {
  PGC_CHECK(check_name(name));
  const std::size_t needed = static_cast<std::size_t>(options.expected_size / (kMostParts * 9 / 10) + 1);
  Parts parts(source, std::max({limits_.part_size, needed, kSmallestPart}), options.expected_size);
  std::string part;
  PGC_TRY(bool last, parts.next(part));
  if (last) return put_whole(name, part, options);
  if (options.if_absent) {
    // Asked first, so that gigabytes are not sent to be refused at the end; the end asks again, and that is atomic.
    const auto there = head(name);
    if (!there && there.error().code != ErrorCode::NotFound) return fail(there.error());
    if (there) {
      Digest whole(Digest::Kind::Sha256);
      std::uint64_t size = part.size();
      whole.add(part);
      while (!last) {
        PGC_TRY(last, parts.next(part));
        whole.add(part);
        size += part.size();
      }
      return same_content(name, size, hex(whole.finish()));
    }
  }
  Upload upload(*this, name);
  PGC_CHECK(upload.begin());
  for (;;) {
    PGC_CHECK(upload.add(part));
    if (last) return upload.complete(options.if_absent);
    PGC_TRY(last, parts.next(part));
  }
}

}  // namespace pgcontract::store
