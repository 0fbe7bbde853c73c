#pragma once
// Walks an acl without copying it: a search looks at a hundred thousand of them, nearly all alike. Pure.

#include <string>

#include "model/observation.hpp"

namespace pgcontract::tenancy {

inline bool holds(Text letters, char letter) { return letters.find(letter) != Text::npos; }

// Calls f(grantee, letters) for each item; "" is PUBLIC. Letters may be followed by '*', their grant option; they are a
// part of `acl` and live as long as it, the name only during the call.
template <typename F>
void for_each_grant(Text acl, F f) {
  if (acl.size() < 2) return;
  const bool plain = acl.find_first_of("\"\\") == Text::npos;
  acl.remove_prefix(1);
  std::string name;
  while (plain && !acl.empty()) {
    const auto end = acl.find_first_of(",}");
    const Text item = acl.substr(0, end);
    const auto equals = item.find('=');
    if (equals != Text::npos) f(item.substr(0, equals), item.substr(equals + 1, item.find('/') - equals - 1));
    acl = end == Text::npos ? Text{} : acl.substr(end + 1);
  }
  for (std::size_t at = 0; !plain && at < acl.size() && acl[at] != '}'; ++at) {
    const bool quoted_item = acl[at] == '"';  // the array's quotes, around those of the name
    bool in_name = false, closed = false;
    name.clear();
    for (at += quoted_item; at < acl.size() && (in_name || acl[at] != '='); ++at) {
      if (acl[at] == '\\') ++at;
      const bool quote = at < acl.size() && acl[at] == '"';
      if (quote && closed) name += '"';  // doubled: a quote in the name
      closed = quote && in_name;
      if (quote)
        in_name = !in_name;
      else if (at < acl.size())
        name += acl[at];
    }
    const auto letters = at + 1;
    while (at < acl.size() && acl[at] != '/') ++at;
    if (letters <= at && at < acl.size()) f(Text(name), acl.substr(letters, at - letters));
    for (; at < acl.size(); ++at) {
      if (acl[at] == '\\')
        ++at;
      else if (quoted_item && acl[at] == '"')
        break;
      else if (!quoted_item && (acl[at] == ',' || acl[at] == '}'))
        break;
    }
    if (quoted_item) ++at;  // to the comma
    if (at < acl.size() && acl[at] == '}') break;
  }
}

}  // namespace pgcontract::tenancy
