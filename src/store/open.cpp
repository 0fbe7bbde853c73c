// Which store a contract's words name.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "store/folder.hpp"
#include "store/name.hpp"
#include "store/s3.hpp"

namespace pgcontract::store {
namespace {

constexpr std::string_view kS3 = "s3://";
constexpr std::string_view kFile = "file://";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// The contract's word, else what AWS's own programs take from the environment.
std::string or_variable(const std::string& word, std::initializer_list<const char*> names) {
  if (!word.empty()) return word;
  for (const char* name : names)
    if (std::string value = variable(name); !value.empty()) return value;
  return {};
}

// As S3 allows them; what else there is in a name would change the host or the path that is asked.
bool is_bucket(std::string_view name) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; };
  return name.size() >= 3 && name.size() <= 63 && std::all_of(name.begin(), name.end(), good) && name.front() != '.' &&
         name.front() != '-' && name.find("..") == name.npos;
}

Result<std::string> checked_endpoint(const std::string& url) {
  const bool scheme = url.starts_with("http://") || url.starts_with("https://");
  std::string_view host = scheme ? std::string_view(url).substr(url.find("://") + 3) : std::string_view();
  while (host.ends_with('/')) host.remove_suffix(1);
  const auto odd = [](char c) {
    return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F;
  };
  if (host.empty() || host.find_first_of("/@?#\\") != host.npos || std::any_of(host.begin(), host.end(), odd))
    return fail(ErrorCode::InvalidInput, "the endpoint of the object store must be http:// or https:// with a host",
                "Write backup.endpoint such as https://minio.example.org:9000, without keys and without a path.");
  return url;
}

Result<std::unique_ptr<Store>> open_s3(const StoreLocation& location, const std::string& directory,
                                       const Limits& limits) {
  const std::string_view rest = std::string_view(location.url).substr(kS3.size());
  const auto slash = rest.find('/');
  S3Settings settings;
  settings.bucket = rest.substr(0, slash);
  settings.prefix = slash == rest.npos ? "" : rest.substr(slash + 1);
  while (settings.prefix.ends_with('/')) settings.prefix.pop_back();
  if (!is_bucket(settings.bucket))
    return fail(ErrorCode::InvalidInput, fmt::format("\"{}\" cannot be a bucket", shown_name(settings.bucket)),
                "Write s3://bucket/prefix; a bucket's name has 3 to 63 lower-case letters, digits, - and dots.");
  if (!settings.prefix.empty()) PGC_CHECK(check_name(settings.prefix));
  settings.endpoint = or_variable(location.endpoint, {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"});
  if (!settings.endpoint.empty()) PGC_CHECK(checked_endpoint(settings.endpoint));
  settings.region = or_variable(location.region, {"AWS_REGION", "AWS_DEFAULT_REGION"});
  // A wildcard certificate covers no name with a dot in the bucket's part.
  settings.virtual_host =
      location.addressing == "virtual" ||
      (location.addressing != "path" && settings.endpoint.empty() && settings.bucket.find('.') == settings.bucket.npos);
  settings.ca_file = or_variable(location.ca_file, {"AWS_CA_BUNDLE"});
  if (!settings.ca_file.empty()) settings.ca_file = (std::filesystem::path(directory) / settings.ca_file).string();
  return std::make_unique<S3Store>(std::move(settings), std::make_unique<Keyring>(location.credentials, directory),
                                   limits);
}

}  // namespace

std::string_view to_string(Agreed agreed) {
  switch (agreed) {
    case Agreed::Sha256: return "SHA-256";
    case Agreed::Md5: return "MD5";
    case Agreed::Size: return "size";
  }
  return "size";
}

Result<std::unique_ptr<Store>> open_store(const StoreLocation& location, const std::string& directory,
                                          const Limits& limits) {
  const std::string& url = location.url;
  if (url.starts_with(kS3)) return open_s3(location, directory, limits);
  const bool is_file = url.starts_with(kFile);
  const std::string path = is_file ? url.substr(kFile.size()) : url;
  if (path.empty() || (is_file ? path.front() != '/' : path.find("://") != path.npos))
    return fail(ErrorCode::InvalidInput, fmt::format("\"{}\" is not a store this version knows", shown_name(url)),
                "Write s3://bucket/prefix, file:///path or the path of a folder.");
  return std::make_unique<FolderStore>((std::filesystem::path(directory) / path).lexically_normal().string());
}

Result<Stored> put_text(Store& store, const std::string& name, std::string_view text, const PutOptions& options) {
  const Source source = [&](std::span<char> into) -> Result<std::size_t> {
    const std::size_t count = std::min(into.size(), text.size());
    text.copy(into.data(), count);
    text.remove_prefix(count);
    return count;
  };
  PutOptions sized = options;
  sized.expected_size = text.size();
  return store.put(name, source, sized);
}

Result<std::string> get_text(Store& store, const std::string& name, std::size_t limit, const Range& range) {
  std::string text;
  const Sink sink = [&](std::string_view bytes) -> Result<void> {
    if (text.size() + bytes.size() > limit)
      return fail(ErrorCode::InvalidInput, fmt::format("{} is larger than {} bytes", shown_name(name), limit));
    text += bytes;
    return {};
  };
  PGC_TRY([[maybe_unused]] const Got got, store.get(name, range, sink));
  return text;
}

}  // namespace pgcontract::store
