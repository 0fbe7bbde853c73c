#pragma once
// A password or key. It cannot be printed, formatted or compared by accident, and its bytes are overwritten when it
// dies. reveal() is the only way to the text: call it where the bytes leave for libpq or a child's memory file.

#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace pgcontract {

class SecretString {
 public:
  SecretString() = default;
  explicit SecretString(std::string text) : text_(std::move(text)) {}
  SecretString(const SecretString&) = default;
  SecretString(SecretString&& other) noexcept : text_(std::move(other.text_)) { other.wipe(); }
  SecretString& operator=(const SecretString& other) {
    if (this != &other) {
      wipe();
      text_ = other.text_;
    }
    return *this;
  }
  SecretString& operator=(SecretString&& other) noexcept {
    if (this != &other) {
      wipe();
      text_ = std::move(other.text_);
      other.wipe();
    }
    return *this;
  }
  ~SecretString() { wipe(); }

  bool empty() const { return text_.empty(); }
  std::string_view reveal() const { return text_; }
  const char* reveal_c_str() const { return text_.c_str(); }

 private:
  void wipe() noexcept {
    // explicit_bzero is not optimised away, unlike memset on memory about to be freed.
    explicit_bzero(text_.data(), text_.capacity());
    text_.clear();
  }
  std::string text_;
};

}  // namespace pgcontract
