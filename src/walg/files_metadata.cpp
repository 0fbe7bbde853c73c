// files_metadata.json, which may be larger than memory: fetched range by range, read by a parser that keeps one entry.
#include <fmt/format.h>

#include <iterator>
#include <optional>

#include "walg/documents.hpp"
#include "walg/json.hpp"
#include "walg/names.hpp"

namespace pgcontract::walg {
namespace {

constexpr std::uint64_t kPiece = std::uint64_t{4} << 20;

// The object's bytes one after the other. An error of the store ends them, and is kept.
class Bytes {
 public:
  Bytes(store::Store& store, std::string key) : store_(store), key_(std::move(key)) {}

  int next() {
    if (at_ == piece_.size() && !fetch()) return std::char_traits<char>::eof();
    return static_cast<unsigned char>(piece_[at_++]);
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  bool fetch() {
    if (ended_ || error_) return false;
    piece_.clear();
    at_ = 0;
    const store::Range range{offset_, kPiece};
    const auto got = store_.get(key_, range, [&](std::string_view bytes) -> Result<void> {
      piece_ += bytes;
      return {};
    });
    if (!got) {
      error_ = got.error();
      return false;
    }
    offset_ += piece_.size();
    ended_ = offset_ >= size_;
    return !piece_.empty();
  }

 public:
  Result<void> open() {
    PGC_TRY(const auto object, store_.head(key_));
    size_ = object.size;
    ended_ = size_ == 0;
    return {};
  }

 private:
  store::Store& store_;
  std::string key_;
  std::string piece_;
  std::size_t at_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t size_ = 0;
  bool ended_ = false;
  std::optional<Error> error_;
};

// What the parser wants to walk on.
class Letter {
 public:
  using difference_type = std::ptrdiff_t;
  using value_type = char;
  using pointer = const char*;
  using reference = const char&;
  using iterator_category = std::input_iterator_tag;

  Letter() = default;
  explicit Letter(Bytes& bytes) : bytes_(&bytes) { ++*this; }
  reference operator*() const { return letter_; }
  Letter& operator++() {
    const int next = bytes_->next();
    if (next == std::char_traits<char>::eof())
      bytes_ = nullptr;
    else
      letter_ = static_cast<char>(next);
    return *this;
  }
  Letter operator++(int) {
    Letter before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Letter& other) const { return bytes_ == other.bytes_; }

 private:
  Bytes* bytes_ = nullptr;
  char letter_ = 0;
};

// {"Files": {name: {…}}, "TarFileSets": {part: [member, …]}}; everything else passes by.
class Listener : public nlohmann::json_sax<Json> {
 public:
  explicit Listener(const FilesVisitor& visitor) : visitor_(visitor) {}

  bool null() override { return true; }
  bool boolean(bool value) override {
    if (in_file() && same_word(key_, "IsIncremented")) file_.incremented = value;
    if (in_file() && same_word(key_, "IsSkipped")) file_.skipped = value;
    return true;
  }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t& value) override {
    if (in_file() && same_word(key_, "MTime")) file_.mtime = value;
    if (depth_ == 3 && in_array_ && same_word(section_, "TarFileSets"))
      return visitor_.member ? kept(visitor_.member(name_, value)) : true;
    return true;
  }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    ++depth_;
    if (depth_ == 3 && same_word(section_, "Files")) file_ = FileEntry{name_, false, false, ""};
    return true;
  }
  bool key(string_t& value) override {
    if (depth_ == 1) section_ = value;
    if (depth_ == 2) name_ = value;
    if (depth_ == 3) key_ = value;
    return true;
  }
  bool end_object() override {
    const bool whole = in_file();
    --depth_;
    return whole && visitor_.file ? kept(visitor_.file(file_)) : true;
  }
  bool start_array(std::size_t) override {
    ++depth_;
    in_array_ = depth_ == 3;
    return true;
  }
  bool end_array() override {
    --depth_;
    in_array_ = false;
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    if (!error_) error_ = malformed(fmt::format("no JSON from byte {} on", position), "").value();
    return false;
  }
  const std::optional<Error>& error() const { return error_; }

 private:
  bool in_file() const { return depth_ == 3 && !in_array_ && same_word(section_, "Files"); }
  bool kept(Result<void> result) {
    if (!result) error_ = result.error();
    return result.has_value();
  }

  const FilesVisitor& visitor_;
  int depth_ = 0;
  bool in_array_ = false;
  std::string section_, name_, key_;
  FileEntry file_;
  std::optional<Error> error_;
};

}  // namespace

std::string print_file_entry(const FileEntry& file) {
  Json entry;
  entry["IsIncremented"] = file.incremented;
  entry["IsSkipped"] = file.skipped;
  entry["MTime"] = file.mtime;
  entry["UpdatesCount"] = 0;
  return fmt::format("{}:{}", printed(Json(file.name)), printed(entry));
}

Result<void> read_files_metadata(store::Store& store, std::string_view backup, const FilesVisitor& visitor) {
  const std::string key = files_metadata_key(backup);
  Bytes bytes(store, key);
  PGC_CHECK(bytes.open());
  Listener listener(visitor);
  const bool whole = Json::sax_parse(Letter(bytes), Letter(), &listener);
  if (bytes.error()) return fail(*bytes.error());
  if (listener.error()) {
    Error error = *listener.error();
    if (error.where.empty()) error.where = key;
    return fail(std::move(error));
  }
  if (!whole) return malformed("no JSON", key);
  return {};
}

}  // namespace pgcontract::walg
