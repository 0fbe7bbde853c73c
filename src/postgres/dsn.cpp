#include "postgres/dsn.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <memory>

namespace pgcontract::postgres {
namespace {

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

Result<Dsn> Dsn::parse(const SecretString& text) {
  char* message = nullptr;
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(text.reveal_c_str(), &message), PQconninfoFree);
  if (!options) {
    // libpq's message may quote a part of the text, which may be the password: it is not passed on.
    PQfreemem(message);
    return fail(ErrorCode::Environment, "the DSN is neither a postgresql:// URI nor key=value pairs",
                "Write postgresql://user:password@host:5432/database (special characters percent-encoded), or "
                "host=… port=… user=… password=… dbname=….");
  }
  Dsn dsn;
  for (const PQconninfoOption* option = options.get(); option->keyword; ++option) {
    if (!option->val) continue;
    if (std::string_view(option->keyword) == "password")
      dsn.password = SecretString(option->val);
    else
      dsn.keywords[option->keyword] = option->val;
  }
  return dsn;
}

std::string Dsn::keyword(const std::string& name) const {
  const auto at = keywords.find(name);
  return at == keywords.end() ? "" : at->second;
}

Dsn Dsn::with(const std::string& name, const std::string& value) const {
  Dsn copy = *this;
  copy.keywords[name] = value;
  return copy;
}

std::string Dsn::describe() const {
  std::string text;
  for (const char* name : {"host", "port", "user", "dbname"}) {
    const std::string value = keyword(name);
    if (value.empty()) continue;
    if (!text.empty()) text += ' ';
    text += fmt::format("{}={}", name, value);
  }
  return text.empty() ? "libpq's defaults" : text;
}

std::string Dsn::url() const {
  std::string text = "postgresql://";
  if (!keyword("user").empty()) text += percent_encoded(keyword("user")) + "@";
  text += "/" + percent_encoded(keyword("dbname"));
  char separator = '?';
  for (const auto& [name, value] : keywords) {
    // sslpassword and the like stay out: a URL ends up in a child's environment.
    if (name == "user" || name == "dbname" || name.find("password") != std::string::npos) continue;
    text += fmt::format("{}{}={}", separator, name, percent_encoded(value));
    separator = '&';
  }
  return text;
}

}  // namespace pgcontract::postgres
