#include "store/credentials.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdlib>
#include <filesystem>

#include "base/text_file.hpp"

namespace pgcontract::store {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{64} * 1024;
constexpr unsigned kOthersMayReadOrWrite = 06;
constexpr std::string_view kFile = "file:";
constexpr std::string_view kFolder = "folder:";

struct SecretNames {
  const char* access_key;
  const char* secret_key;
  const char* session_token;
};
// What people call the keys of a mounted secret.
constexpr std::array<SecretNames, 3> kSecretNames = {
    {{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"},
     {"access-key-id", "secret-access-key", "session-token"},
     {"accesskey", "secretkey", "sessiontoken"}}};

std::string_view stripped(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

// Both keys end up in a header: a line break or a blank in one would be a header of somebody else's making.
Result<Credentials> checked(Credentials credentials, const std::string& where) {
  const auto odd = [](std::string_view text) {
    for (const char c : text)
      if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7F) return true;
    return false;
  };
  if (credentials.access_key.empty() || credentials.secret_key.empty())
    return fail(ErrorCode::Refused, "a key of the object store is empty",
                "Give both the access key and the secret key.", where);
  if (odd(credentials.access_key) || odd(credentials.secret_key.reveal()) || odd(credentials.session_token.reveal()))
    return fail(ErrorCode::InvalidInput, "a key of the object store has blanks or control characters inside",
                "Write each key on one line, without quotes.", where);
  return credentials;
}

Result<SecretString> read_secret_file(const std::string& path) {
  PGC_TRY(const TextFile file, read_text_file(path, kMaxBytes));
  if ((file.mode & kOthersMayReadOrWrite) != 0)
    return fail(
        ErrorCode::Permission,
        fmt::format("every user of this machine may {} the file (mode {:04o})",
                    (file.mode & 04) != 0 ? "read" : "change", file.mode),
        fmt::format("Run: chmod 600 {} (for a mounted secret, set its mode to 0400 where it is mounted).", path), path);
  return SecretString(std::string(stripped(file.text.reveal())));
}

Result<Credentials> read_shared_file(const std::string& path) {
  PGC_TRY(const SecretString text, read_secret_file(path));
  const std::string profile = variable("AWS_PROFILE");
  return parse_shared_credentials(text.reveal(), profile.empty() ? "default" : profile, path);
}

Result<Credentials> read_folder(const std::string& path) {
  const std::filesystem::path folder(path);
  for (const auto& names : kSecretNames) {
    std::error_code ignored;
    if (!std::filesystem::exists(folder / names.access_key, ignored)) continue;
    Credentials credentials;
    PGC_TRY(const SecretString access, read_secret_file((folder / names.access_key).string()));
    credentials.access_key = access.reveal();
    PGC_TRY(credentials.secret_key, read_secret_file((folder / names.secret_key).string()));
    if (std::filesystem::exists(folder / names.session_token, ignored)) {
      PGC_TRY(credentials.session_token, read_secret_file((folder / names.session_token).string()));
    }
    return checked(std::move(credentials), path);
  }
  return fail(
      ErrorCode::NotFound, "the folder has no keys of an object store",
      "It needs the files access-key-id and secret-access-key (or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or "
      "accesskey and secretkey).",
      path);
}

Result<Credentials> read_environment() {
  Credentials credentials{variable("AWS_ACCESS_KEY_ID"), SecretString(variable("AWS_SECRET_ACCESS_KEY")),
                          SecretString(variable("AWS_SESSION_TOKEN"))};
  if (!credentials.access_key.empty() && !credentials.secret_key.empty())
    return checked(std::move(credentials), "the environment");
  if (const std::string file = variable("AWS_SHARED_CREDENTIALS_FILE"); !file.empty()) return read_shared_file(file);
  return fail(
      ErrorCode::Refused, "there are no keys for the object store",
      "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or say where they are with backup.credentials: file:PATH "
      "or folder:PATH in the contract.");
}

bool same(const Credentials& a, const Credentials& b) {
  return a.access_key == b.access_key && a.secret_key.reveal() == b.secret_key.reveal() &&
         a.session_token.reveal() == b.session_token.reveal();
}

}  // namespace

Result<Credentials> parse_shared_credentials(std::string_view text, std::string_view profile,
                                             const std::string& where) {
  Credentials credentials;
  bool inside = false;
  bool found = false;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const std::string_view line = stripped(text.substr(0, end));
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    if (line.front() == '[') {
      inside = line.back() == ']' && stripped(line.substr(1, line.size() - 2)) == profile;
      found = found || inside;
      continue;
    }
    const auto equals = line.find('=');
    if (!inside || equals == line.npos) continue;
    const std::string_view key = stripped(line.substr(0, equals));
    std::string value(stripped(line.substr(equals + 1)));
    if (key == "aws_access_key_id")
      credentials.access_key = std::move(value);
    else if (key == "aws_secret_access_key")
      credentials.secret_key = SecretString(std::move(value));
    else if (key == "aws_session_token")
      credentials.session_token = SecretString(std::move(value));
  }
  if (!found)
    return fail(ErrorCode::NotFound, fmt::format("the file has no section [{}]", profile),
                "Add it, or name another with AWS_PROFILE.", where);
  return checked(std::move(credentials), where);
}

Result<Credentials> Keyring::read() const {
  const auto path = [&](std::string_view prefix) {
    return (std::filesystem::path(directory_) / source_.substr(prefix.size())).string();
  };
  if (source_.starts_with(kFile)) return read_shared_file(path(kFile));
  if (source_.starts_with(kFolder)) return read_folder(path(kFolder));
  if (source_.empty() || source_ == "env") return read_environment();
  return fail(ErrorCode::InvalidInput, "the keys of the object store can come from env, file:PATH or folder:PATH");
}

Result<Credentials> Keyring::current() {
  const std::lock_guard lock(mutex_);
  if (!known_) {
    PGC_TRY(credentials_, read());
    known_ = true;
  }
  return credentials_;
}

Result<bool> Keyring::renewed(const Credentials& refused) {
  const std::lock_guard lock(mutex_);
  if (known_ && !same(credentials_, refused)) return true;
  PGC_TRY(Credentials fresh, read());
  const bool changed = !same(fresh, refused);
  credentials_ = std::move(fresh);
  known_ = true;
  return changed;
}

}  // namespace pgcontract::store
