// Signs what it reads, for signature_test.py: each line of standard input is a request as JSON would say it, but with
// fields between tabs: method, path, access key, secret key, region, date, payload digest, then name=value of the query
// behind "q" and of headers behind "h", in hexadecimal. Prints the header Authorization of each.
#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "store/sigv4.hpp"

namespace {

std::string unhex(const std::string& text) {
  std::string raw;
  for (std::size_t at = 0; at + 1 < text.size(); at += 2)
    raw += static_cast<char>(std::stoi(text.substr(at, 2), nullptr, 16));
  return raw;
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::vector<std::string> fields;
    for (std::size_t at = 0; at <= line.size();) {
      const auto end = std::min(line.find('\t', at), line.size());
      fields.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    pgcontract::store::Signable request{
        .method = fields[0], .path = fields[1], .query = {}, .headers = {}, .payload_sha256 = fields[6]};
    for (std::size_t i = 7; i + 2 < fields.size(); i += 3) {
      auto& into = fields[i] == "q" ? request.query : request.headers;
      into.emplace_back(unhex(fields[i + 1]), unhex(fields[i + 2]));
    }
    const pgcontract::store::Credentials credentials{fields[2], pgcontract::SecretString(fields[3]), {}};
    fmt::print("{}\n", pgcontract::store::authorization(request, credentials, {.region = fields[4]}, fields[5]));
  }
  return 0;
}
