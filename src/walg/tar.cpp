#include "walg/tar.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "store/digest.hpp"

namespace pgcontract::walg {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::uint64_t kLargestExtension = std::uint64_t{1} << 20;  // a hostile archive may claim any length
constexpr std::uint64_t kLargestOctal = (std::uint64_t{1} << 33) - 1;

// Where the fields of a ustar header lie (POSIX, pax).
struct Field {
  std::size_t at, size;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12}, kMtime{136, 12},
    kChecksum{148, 8}, kType{156, 1}, kLink{157, 100}, kMagic{257, 6}, kPrefix{345, 155};

std::uint64_t padding_of(std::uint64_t size) { return (kBlock - size % kBlock) % kBlock; }

void put(std::string& block, Field field, std::string_view text) {
  std::memcpy(block.data() + field.at, text.data(), std::min(text.size(), field.size));
}

void put_octal(std::string& block, Field field, std::uint64_t number) {
  put(block, field, fmt::format("{:0{}o}", number, field.size - 1));
}

// The sum of the header's bytes, its own field counted as blanks.
unsigned checksum(std::string_view block) {
  unsigned sum = 0;
  for (std::size_t i = 0; i < block.size(); ++i) {
    const bool own = i >= kChecksum.at && i < kChecksum.at + kChecksum.size;
    sum += own ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

std::string header_block(std::string_view name, char type, unsigned mode, std::uint64_t size, std::int64_t mtime) {
  std::string block(kBlock, '\0');
  put(block, kName, name);
  put_octal(block, kMode, mode);
  put_octal(block, kUid, 0);
  put_octal(block, kGid, 0);
  put_octal(block, kSize, std::min(size, kLargestOctal));
  put_octal(block, kMtime, mtime > 0 ? std::min<std::uint64_t>(static_cast<std::uint64_t>(mtime), kLargestOctal) : 0);
  put(block, kType, std::string_view(&type, 1));
  put(block, kMagic, std::string_view("ustar\0", 6));
  put(block, {263, 2}, "00");
  put(block, kChecksum, fmt::format("{:06o}", checksum(block)));
  block[kChecksum.at + 7] = ' ';
  return block;
}

// "27 path=…\n": the length counts itself.
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t without = key.size() + value.size() + 3;
  std::size_t length = without + 1;
  while (length != without + std::to_string(length).size()) length = without + std::to_string(length).size();
  return fmt::format("{} {}={}\n", length, key, value);
}

std::string header_of(const TarEntry& entry) {
  const char type = entry.kind == 'd' ? '5' : '0';
  const std::uint64_t size = entry.kind == 'd' ? 0 : entry.size;
  std::string extension;
  if (entry.name.size() > kName.size) extension += pax_record("path", entry.name);
  if (size > kLargestOctal) extension += pax_record("size", std::to_string(size));
  std::string header;
  if (!extension.empty()) {
    header = header_block("pax_header", 'x', 0600, extension.size(), entry.mtime) + extension;
    header.append(padding_of(extension.size()), '\0');
  }
  return header + header_block(entry.name, type, entry.mode, size, entry.mtime);
}

// What tar_stream() hands out comes from here, piece by piece.
class Writer {
 public:
  explicit Writer(TarSource source) : source_(std::move(source)) {}

  Result<std::size_t> read(std::span<char> into) {
    std::size_t done = 0;
    while (done < into.size()) {
      if (ready_at_ < ready_.size()) {
        const std::size_t count = ready_.copy(into.data() + done, into.size() - done, ready_at_);
        ready_at_ += count;
        done += count;
        continue;
      }
      if (left_ > 0) {
        PGC_TRY(const std::size_t count, data(into.subspan(done)));
        done += count;
        continue;
      }
      if (ended_) break;
      PGC_CHECK(advance());
    }
    return done;
  }

 private:
  Result<std::size_t> data(std::span<char> into) {
    const std::size_t most = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), left_));
    std::size_t count = 0;
    if (!short_) {
      PGC_TRY(count, member_.data(into.first(most)));
      short_ = count == 0;
    }
    if (short_) {
      std::memset(into.data(), 0, most);
      count = most;
    }
    hash_.add({into.data(), count});
    left_ -= count;
    return count;
  }

  // Ends the member at hand, begins the next.
  Result<void> advance() {
    ready_at_ = 0;
    ready_.clear();
    if (open_) {
      const bool file = member_.entry.kind != 'd';
      ready_.append(file ? padding_of(member_.entry.size) : 0, '\0');
      open_ = false;
      if (source_.done) source_.done(member_.entry, file ? store::hex(hash_.finish()) : "");
    }
    PGC_TRY(auto member, source_.next());
    if (!member) {
      ready_.append(2 * kBlock, '\0');
      ended_ = true;
      return {};
    }
    member_ = std::move(*member);
    ready_ += header_of(member_.entry);
    left_ = member_.entry.kind == 'd' ? 0 : member_.entry.size;
    if (member_.entry.kind != 'd') hash_ = store::Digest(store::Digest::Kind::Sha256);
    short_ = !member_.data;
    open_ = true;
    return {};
  }

  TarSource source_;
  TarMember member_;
  store::Digest hash_{store::Digest::Kind::Sha256};
  std::string ready_;
  std::size_t ready_at_ = 0;
  std::uint64_t left_ = 0;
  bool open_ = false;
  bool short_ = false;
  bool ended_ = false;
};

Failure damaged(std::string message) {
  return fail(ErrorCode::InvalidInput, std::move(message), "The archive was damaged, or is no tar archive.");
}

std::string_view text_of(std::string_view block, Field field) {
  const std::string_view text = block.substr(field.at, field.size);
  return text.substr(0, std::min(text.find('\0'), text.size()));
}

// Octal digits, or GNU's binary form with the highest bit set.
Result<std::uint64_t> number_of(std::string_view block, Field field) {
  const std::string_view text = block.substr(field.at, field.size);
  std::uint64_t number = 0;
  if ((static_cast<unsigned char>(text[0]) & 0x80U) != 0) {
    if (static_cast<unsigned char>(text[0]) != 0x80U) return damaged("a number in a header is negative or too large");
    for (const char c : text.substr(1)) {
      if (number >> 55 != 0) return damaged("a number in a header is too large");
      number = number << 8 | static_cast<unsigned char>(c);
    }
    return number;
  }
  bool digits = false;
  for (const char c : text) {
    if (c >= '0' && c <= '7') {
      number = number << 3 | static_cast<unsigned>(c - '0');
      digits = true;
    } else if (c == '\0' || (c == ' ' && digits)) {
      break;
    } else if (c != ' ') {
      return damaged("a number in a header is none");
    }
  }
  return number;
}

bool all_zero(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

}  // namespace

Result<std::string> safe_name(std::string_view name) {
  const auto refuse = [&](std::string_view why) {
    return fail(ErrorCode::InvalidInput, fmt::format("the archive names a file {}", why),
                "It was not made by a backup, or was tampered with: nothing of it may be trusted.", std::string(name));
  };
  while (name.starts_with("./")) name.remove_prefix(2);
  if (name == ".") name = {};
  while (name.starts_with('/')) name.remove_prefix(1);
  if (name.ends_with('/')) name.remove_suffix(1);
  if (name.empty()) return std::string();
  if (name.find('\0') != std::string_view::npos) return refuse("with a zero byte in its name");
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find('/', at), name.size());
    const std::string_view part = name.substr(at, end - at);
    if (part == "..") return refuse("outside of its folder");
    if (part.empty() || part == ".") return refuse("by a crooked path");
    if (part.size() > 255) return refuse("by too long a name");
    at = end + 1;
  }
  if (name.size() > 4000) return refuse("by too long a path");
  return std::string(name);
}

store::Source tar_stream(TarSource source) {
  return [writer = std::make_shared<Writer>(std::move(source))](std::span<char> into) { return writer->read(into); };
}

Result<void> TarReader::add(std::string_view bytes) {
  while (!bytes.empty()) {
    switch (reading_) {
      case Reading::Header: {
        const std::size_t count = std::min(kBlock - block_.size(), bytes.size());
        block_.append(bytes.substr(0, count));
        bytes.remove_prefix(count);
        if (block_.size() == kBlock) {
          PGC_CHECK(header());
          block_.clear();
        }
        break;
      }
      case Reading::Data:
      case Reading::Extension: {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
        if (reading_ == Reading::Extension)
          extension_.append(bytes.substr(0, count));
        else if (count > 0 && visitor_.data)
          PGC_CHECK(visitor_.data(bytes.substr(0, count)));
        bytes.remove_prefix(count);
        left_ -= count;
        if (left_ == 0) PGC_CHECK(reading_ == Reading::Extension ? extension_ended() : end_entry());
        break;
      }
      case Reading::Padding: {
        const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(padding_, bytes.size()));
        bytes.remove_prefix(count);
        padding_ -= count;
        if (padding_ == 0) reading_ = Reading::Header;
        break;
      }
      case Reading::Trailer:
        if (!all_zero(bytes)) return damaged("there is something behind the archive's end");
        return {};
    }
  }
  return {};
}

Result<void> TarReader::finish() {
  if (reading_ == Reading::Trailer) return {};
  const bool between = reading_ == Reading::Header && block_.empty() && !name_ && !link_ && !size_;
  if (!between || (rules_.needs_trailer && zero_blocks_ < 2)) return damaged("the archive was cut off");
  return {};
}

Result<void> TarReader::header() {
  if (all_zero(block_)) {
    if (++zero_blocks_ == 2) reading_ = Reading::Trailer;
    return {};
  }
  if (zero_blocks_ > 0) return damaged("a block of zeros stands between two files");
  PGC_TRY(const std::uint64_t sum, number_of(block_, kChecksum));
  if (sum != checksum(block_)) return damaged("a header's checksum does not match");
  return plain_header();
}

Result<void> TarReader::plain_header() {
  PGC_TRY(const std::uint64_t size, number_of(block_, kSize));
  const char type = block_[kType.at];
  if (type == 'x' || type == 'g' || type == 'L' || type == 'K') {
    if (size > kLargestExtension) return damaged("a header is too long");
    extension_kind_ = type;
    extension_.clear();
    left_ = size;
    padding_ = padding_of(size);
    reading_ = Reading::Extension;
    return size == 0 ? extension_ended() : Result<void>{};
  }
  entry_ = TarEntry{};
  const std::string_view prefix = text_of(block_, kMagic) == "ustar" ? text_of(block_, kPrefix) : "";
  entry_.name = fmt::format("{}{}{}", prefix, prefix.empty() ? "" : "/", text_of(block_, kName));
  entry_.link_target = text_of(block_, kLink);
  PGC_TRY(const std::uint64_t mode, number_of(block_, kMode));
  entry_.mode = static_cast<unsigned>(mode & 07777U);
  if (const auto mtime = number_of(block_, kMtime)) entry_.mtime = static_cast<std::int64_t>(*mtime);
  entry_.size = size_.value_or(size);
  if (name_) entry_.name = *name_;
  if (link_) entry_.link_target = *link_;
  name_.reset();
  link_.reset();
  size_.reset();
  switch (type) {
    case '0':
    case '\0':
    case '7': entry_.kind = entry_.name.ends_with('/') ? 'd' : 'f'; break;
    case '5': entry_.kind = 'd'; break;
    case '2':
      if (rules_.links) {
        entry_.kind = 'l';
        break;
      }
      [[fallthrough]];
    default:
      return fail(ErrorCode::InvalidInput, fmt::format("the archive holds something of type {}", int(type)),
                  "A backup is made of files and folders alone: links and devices are refused.", entry_.name);
  }
  return begin_entry();
}

Result<void> TarReader::begin_entry() {
  if (entry_.kind != 'f') entry_.size = 0;
  left_ = entry_.size;
  padding_ = padding_of(entry_.size);
  if (visitor_.begin) PGC_CHECK(visitor_.begin(entry_));
  reading_ = Reading::Data;
  return left_ == 0 ? end_entry() : Result<void>{};
}

Result<void> TarReader::end_entry() {
  if (visitor_.end) PGC_CHECK(visitor_.end());
  reading_ = padding_ > 0 ? Reading::Padding : Reading::Header;
  return {};
}

Result<void> TarReader::extension_ended() {
  if (extension_kind_ == 'x') PGC_CHECK(read_pax());
  const auto until_zero = [&] { return extension_.substr(0, extension_.find('\0')); };
  if (extension_kind_ == 'L') name_ = until_zero();
  if (extension_kind_ == 'K') link_ = until_zero();
  reading_ = padding_ > 0 ? Reading::Padding : Reading::Header;
  return {};
}

Result<void> TarReader::read_pax() {
  std::string_view rest = extension_;
  while (!rest.empty()) {
    std::size_t length = 0;
    std::size_t digits = 0;
    for (; digits < rest.size() && digits < 8 && rest[digits] >= '0' && rest[digits] <= '9'; ++digits)
      length = length * 10 + static_cast<std::size_t>(rest[digits] - '0');
    if (length > rest.size() || length < digits + 3 || rest[digits] != ' ' || rest[length - 1] != '\n')
      return damaged("a pax header is malformed");
    const std::string_view record = rest.substr(digits + 1, length - digits - 2);
    const std::size_t equals = record.find('=');
    if (equals == std::string_view::npos) return damaged("a pax header is malformed");
    const std::string_view key = record.substr(0, equals);
    const std::string_view value = record.substr(equals + 1);
    if (key == "path") name_ = value;
    if (key == "linkpath") link_ = value;
    if (key.starts_with("GNU.sparse")) return damaged("the archive holds a file with holes");
    if (key == "size") {
      std::uint64_t size = 0;
      for (const char c : value) {
        if (c < '0' || c > '9' || size > (std::uint64_t{1} << 59)) return damaged("a pax header's size is none");
        size = size * 10 + static_cast<std::uint64_t>(c - '0');
      }
      size_ = size;
    }
    rest.remove_prefix(length);
  }
  return {};
}

}  // namespace pgcontract::walg
