#include "model/acl.hpp"

#include <array>

namespace pgcontract {
namespace {

// One element of a text array, with its quoting undone (docs §8.15.6). Moves `at` past the element.
std::string array_element(std::string_view text, std::size_t& at) {
  std::string element;
  if (at < text.size() && text[at] == '"') {
    for (++at; at < text.size() && text[at] != '"'; ++at) {
      if (text[at] == '\\' && at + 1 < text.size()) ++at;
      element += text[at];
    }
    ++at;
    return element;
  }
  while (at < text.size() && text[at] != ',' && text[at] != '}') element += text[at++];
  return element;
}

// A role name in an aclitem: quoted with doubled quotes where it is not plain (acl.c, putid()).
std::string role_in_item(std::string_view text, std::size_t& at, char stop) {
  std::string name;
  bool inside = false;
  for (; at < text.size(); ++at) {
    if (text[at] == '"') {
      if (inside && at + 1 < text.size() && text[at + 1] == '"') {
        name += text[++at];
        continue;
      }
      inside = !inside;
      continue;
    }
    if (!inside && text[at] == stop) break;
    name += text[at];
  }
  return name;
}

AclItem parse_item(std::string_view text) {
  AclItem item;
  std::size_t at = 0;
  item.grantee = role_in_item(text, at, '=');
  for (++at; at < text.size() && text[at] != '/'; ++at) {
    if (text[at] == '*') {
      if (!item.privileges.empty()) item.grantable += item.privileges.back();
    } else {
      item.privileges += text[at];
    }
  }
  item.grantor = role_in_item(text, ++at, '\0');
  return item;
}

struct PrivilegeName {
  char letter;
  std::string_view name;
};
constexpr std::array kPrivilegeNames = {
    PrivilegeName{'r', "SELECT"},    PrivilegeName{'a', "INSERT"},   PrivilegeName{'w', "UPDATE"},
    PrivilegeName{'d', "DELETE"},    PrivilegeName{'D', "TRUNCATE"}, PrivilegeName{'x', "REFERENCES"},
    PrivilegeName{'t', "TRIGGER"},   PrivilegeName{'m', "MAINTAIN"}, PrivilegeName{'X', "EXECUTE"},
    PrivilegeName{'U', "USAGE"},     PrivilegeName{'C', "CREATE"},   PrivilegeName{'c', "CONNECT"},
    PrivilegeName{'T', "TEMPORARY"}, PrivilegeName{'s', "SET"},      PrivilegeName{'A', "ALTER SYSTEM"}};

}  // namespace

std::vector<AclItem> parse_acl(std::string_view text) {
  std::vector<AclItem> items;
  if (text.size() < 2 || text.front() != '{') return items;
  for (std::size_t at = 1; at < text.size() && text[at] != '}';) {
    items.push_back(parse_item(array_element(text, at)));
    if (at < text.size() && text[at] == ',') ++at;
  }
  return items;
}

std::vector<AclItem> default_acl(char kind, std::string_view owner) {
  std::vector<AclItem> items;
  const auto add = [&](std::string_view grantee, std::string_view letters) {
    items.push_back(AclItem{std::string(grantee), std::string(letters), "", std::string(owner)});
  };
  switch (kind) {  // acl.c, acldefault()
    case 'r': add(owner, "arwdDxtm"); break;
    case 'S': add(owner, "rwU"); break;
    case 'f':
      add("", "X");
      add(owner, "X");
      break;
    case 'n': add(owner, "UC"); break;
    case 'd':
      add("", "Tc");
      add(owner, "CTc");
      break;
    case 'T':
      add("", "U");
      add(owner, "U");
      break;
    default: break;
  }
  return items;
}

std::vector<AclItem> effective_acl(std::string_view text, char kind, std::string_view owner) {
  return text.empty() ? default_acl(kind, owner) : parse_acl(text);
}

std::string privileges_of(const std::vector<AclItem>& acl, std::string_view grantee) {
  std::string letters;
  for (const auto& item : acl) {
    if (item.grantee != grantee) continue;
    for (char letter : item.privileges)
      if (letters.find(letter) == std::string::npos) letters += letter;
  }
  return letters;
}

std::string privilege_names(std::string_view letters) {
  std::string names;
  for (char letter : letters) {
    for (const auto& entry : kPrivilegeNames) {
      if (entry.letter != letter) continue;
      if (!names.empty()) names += ", ";
      names += entry.name;
    }
  }
  return names;
}

}  // namespace pgcontract
