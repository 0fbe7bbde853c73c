#include "fingerprint/canonical.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>  // memmem()

#include "model/acl.hpp"
#include "model/observation.hpp"

namespace pgcontract::fingerprint {
namespace {

bool is_word(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || c == '$' || byte >= 0x80;
}

bool contains(std::string_view text, std::string_view wanted) {
  return memmem(text.data(), text.size(), wanted.data(), wanted.size()) != nullptr;
}

// Replaces `from` where `stands(before, after)` holds of the characters around it (0 at an end).
template <typename Stands>
std::string replaced(std::string text, const std::string& from, const std::string& to, Stands stands) {
  std::size_t at = text.find(from);
  if (at == std::string::npos) return text;
  std::string result;
  std::size_t copied = 0;
  for (; at != std::string::npos; at = text.find(from, at)) {
    const std::size_t end = at + from.size();
    const char before = at == 0 ? '\0' : text[at - 1];
    const char after = end == text.size() ? '\0' : text[end];
    if (stands(before, after)) {
      result.append(text, copied, at - copied);
      result += to;
      copied = end;
      at = end;
    } else {
      ++at;
    }
  }
  return result.append(text, copied);
}

// The end of the string constant or quoted identifier that begins at `at`, behind its last quote.
std::size_t skip_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at++];
  while (at < text.size()) {
    if (text[at] != quote) {
      ++at;
    } else if (at + 1 < text.size() && text[at + 1] == quote) {
      at += 2;
    } else {
      return at + 1;
    }
  }
  return at;
}

// Where `wanted` stands next, outside of constants and quoted names; `from` is outside of them.
std::size_t find_outside(std::string_view text, std::string_view wanted, std::size_t from) {
  for (std::size_t at = from; at < text.size();) {
    if (text.substr(at).starts_with(wanted)) return at;
    at = text[at] == '\'' || text[at] == '"' ? skip_quoted(text, at) : at + 1;
  }
  return std::string_view::npos;
}

struct ArrayCast {
  std::vector<std::string_view> elements;
  std::string_view type;  // of an element
  std::size_t end = 0;    // behind "[]"
};

// Reads "(ARRAY[a, b])::type[]" at `at`; false where it is something else.
bool read_array_cast(std::string_view text, std::size_t at, ArrayCast& into) {
  constexpr std::string_view kOpen = "(ARRAY[";
  std::size_t element = at + kOpen.size();
  std::size_t i = element;
  for (int depth = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\'' || c == '"') {
      i = skip_quoted(text, i);
      continue;
    }
    if (depth == 0 && (c == ',' || c == ']')) {
      into.elements.push_back(text.substr(element, i - element));
      if (c == ']') break;
      element = text.substr(i + 1).starts_with(' ') ? i + 2 : i + 1;
    }
    depth += c == '(' || c == '[' ? 1 : c == ')' || c == ']' ? -1 : 0;
    ++i;
  }
  constexpr std::string_view kClose = "])::";
  if (!text.substr(std::min(i, text.size())).starts_with(kClose)) return false;
  const std::size_t type = i + kClose.size();
  const std::size_t brackets = text.find("[]", type);
  if (brackets == std::string_view::npos) return false;
  into.type = text.substr(type, brackets - type);
  into.end = brackets + 2;
  return std::ranges::all_of(into.type, [](char c) { return is_word(c) || std::string_view(" .\"(),").contains(c); }) &&
         std::ranges::count(into.type, '(') == std::ranges::count(into.type, ')');
}

// (ARRAY[a, b])::type[] → ARRAY[(a)::type, (b)::type]
std::string pushed_casts(std::string_view text) {
  std::string result;
  std::size_t copied = 0;
  if (text.find("(ARRAY[") == std::string_view::npos) return std::string(text);
  for (std::size_t at = find_outside(text, "(ARRAY[", 0); at != std::string_view::npos;
       at = find_outside(text, "(ARRAY[", at + 1)) {
    ArrayCast cast;
    if (at < copied || !read_array_cast(text, at, cast)) continue;
    result.append(text, copied, at - copied);
    result += "ARRAY[";
    for (std::size_t i = 0; i < cast.elements.size(); ++i)
      result += fmt::format("{}({})::{}", i == 0 ? "" : ", ", cast.elements[i], cast.type);
    result += ']';
    copied = cast.end;
  }
  return copied == 0 ? std::string(text) : result.append(text, copied);
}

// ('new'::character varying)::text → 'new'::text: without a length, the two are the same.
std::string plain_constants(std::string text) {
  constexpr std::string_view kCast = "::character varying)::text";
  if (!text.contains(kCast)) return text;
  for (std::size_t at = find_outside(text, "('", 0); at != std::string::npos; at = find_outside(text, "('", at)) {
    const std::size_t end = skip_quoted(text, at + 1);
    if (std::string_view(text).substr(std::min(end, text.size())).starts_with(kCast)) {
      text.replace(end, kCast.size(), "::text");
      text.erase(at, 1);  // the constant begins here now, and is stepped over as one
    } else {
      ++at;
    }
  }
  return text;
}

// What the words at the top of a SELECT say of its relations: the name before its columns, where there is one relation.
class SingleRelation {
 public:
  explicit SingleRelation(std::string_view definition) : text_(definition) {}

  std::string prefix() {
    scan([&](std::size_t at, std::string_view word) { note(at, word); });
    if (!single_ || from_ == 0) return {};
    std::string_view relation = text_.substr(from_, std::min(to_, text_.size()) - from_);
    while (!relation.empty() &&
           (std::isspace(static_cast<unsigned char>(relation.back())) != 0 || relation.back() == ';'))
      relation.remove_suffix(1);
    if (relation.empty() || relation.find_first_of(",()") != std::string_view::npos) return {};
    std::size_t start = relation.size();
    if (relation.back() == '"') {
      for (--start; start > 0 && !(relation[start - 1] == '"' && (start < 2 || relation[start - 2] != '"')); --start) {
      }
      start = start == 0 ? 0 : start - 1;
    } else {
      while (start > 0 && is_word(relation[start - 1])) --start;
    }
    return std::string(relation.substr(start)) + ".";
  }

  // The definition without `prefix` where it stands before a column of the top query.
  std::string without(const std::string& prefix) {
    std::string result;
    std::size_t copied = 0;
    scan([&](std::size_t at, std::string_view) {
      const char before = at == 0 ? ' ' : text_[at - 1];
      if (at < copied || before == '.' || !text_.substr(at).starts_with(prefix) || (at >= from_ && at < to_)) return;
      result.append(text_, copied, at - copied);
      copied = at + prefix.size();
    });
    return result.append(text_, copied);
  }

 private:
  void note(std::size_t at, std::string_view word) {
    constexpr std::string_view kSeveral[] = {"JOIN", "UNION", "INTERSECT", "EXCEPT", "WITH"};
    constexpr std::string_view kAfter[] = {"WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "LIMIT", "OFFSET", "FETCH"};
    if (depth_ > 0) return;
    if (word == "FROM" && from_ == 0) from_ = at + word.size();
    if (std::ranges::find(kSeveral, word) != std::end(kSeveral)) single_ = false;
    if (from_ > 0 && to_ == std::string_view::npos && std::ranges::find(kAfter, word) != std::end(kAfter)) to_ = at;
  }

  // Calls `found` for each word and quoted name outside of subqueries.
  template <typename Found>
  void scan(Found found) {
    std::vector<bool> subquery;
    depth_ = 0;
    const auto within = [&] { return std::ranges::find(subquery, true) != subquery.end(); };
    for (std::size_t i = 0; i < text_.size();) {
      const char c = text_[i];
      if (c == '(') {
        const std::size_t word = std::min(text_.find_first_not_of(" \n", i + 1), text_.size());
        subquery.push_back(text_.substr(word).starts_with("SELECT") || text_.substr(word).starts_with("WITH") ||
                           text_.substr(word).starts_with("VALUES"));
      } else if (c == ')' && !subquery.empty()) {
        subquery.pop_back();
      }
      depth_ = static_cast<int>(subquery.size());
      std::size_t end = i + 1;
      if (c == '\'' || c == '"')
        end = skip_quoted(text_, i);
      else if (is_word(c))
        while (end < text_.size() && is_word(text_[end])) ++end;
      if ((c == '"' || is_word(c)) && !within()) found(i, text_.substr(i, end - i));
      i = end;
    }
  }

  std::string_view text_;
  bool single_ = true;
  std::size_t from_ = 0;
  std::size_t to_ = std::string_view::npos;
  int depth_ = 0;
};

std::string_view all_of_kind(char kind, int server_version) {
  switch (kind) {
    case 'r': return server_version >= 170000 ? "Darwdtxm" : "Darwdtx";
    case 's': return "Urw";
    case 'f': return "X";
    case 'n': return "CU";
    case 'T': return "U";
    case 'c': return "arwx";
    default: return "?";
  }
}

bool is_all(std::string_view letters, char kind, int server_version) {
  const std::string_view all = all_of_kind(kind, server_version);
  return std::ranges::all_of(all, [&](char letter) { return letters.contains(letter); });
}

}  // namespace

OwnNames::OwnNames(const std::string& schema, Words words) : words_(std::move(words)) {
  qualifiers_.emplace_back(quoted(schema) + ".", "{schema}.");
  const auto special = [](const std::string& name) {
    return name.find_first_of("\\\t\n\r\b\f\v") != std::string::npos;
  };
  escaped_ = special(schema) || std::ranges::any_of(words_, [&](const auto& word) { return special(word.first); });
  Words all = qualifiers_;
  all.insert(all.end(), words_.begin(), words_.end());
  // A line without the shorter word is without the longer one that holds it.
  for (const auto& [word, token] : all)
    if (std::ranges::none_of(
            all, [&](const auto& other) { return other.first.size() < word.size() && word.contains(other.first); }))
      signs_.push_back(word);
  // Longer words first: one may be within another.
  std::ranges::stable_sort(words_, std::ranges::greater{}, [](const auto& word) { return word.first.size(); });
}

std::string OwnNames::replace(std::string_view text) const {
  std::string result(text);
  for (const auto& [from, to] : qualifiers_)
    result = replaced(std::move(result), from, to,
                      [&](char before, char) { return !is_word(before) && before != '.' && before != '"'; });
  for (const auto& [from, to] : words_)
    result = replaced(std::move(result), from, to,
                      [](char before, char after) { return !is_word(before) && !is_word(after); });
  return result;
}

bool OwnNames::may_touch(std::string_view line) const {
  return escaped_ || std::ranges::any_of(signs_, [&](const std::string& sign) { return contains(line, sign); });
}

std::string canonical_expression(std::string_view text) { return plain_constants(pushed_casts(text)); }

std::string canonical_view(std::string_view text, int server_version) {
  if (server_version >= 160000) return canonical_expression(text);
  SingleRelation view(text);
  const std::string prefix = view.prefix();
  return canonical_expression(prefix.empty() ? std::string(text) : view.without(prefix));
}

std::string canonical_privileges(std::string_view acl, char kind, int server_version, const OwnNames& own) {
  const auto names = [&](const std::string& letters) {
    return is_all(letters, kind, server_version) ? std::string("ALL") : privilege_names(letters);
  };
  std::vector<std::string> items;
  for (const auto& item : parse_acl(acl)) {
    if (item.privileges.empty()) continue;
    std::string text =
        fmt::format("{}: {}", item.grantee.empty() ? "PUBLIC" : own.replace(item.grantee), names(item.privileges));
    if (!item.grantable.empty()) text += fmt::format(" (may grant {})", names(item.grantable));
    items.push_back(text + " by " + own.replace(item.grantor));
  }
  if (items.empty()) return "none";
  std::ranges::sort(items);
  return fmt::format("{}", fmt::join(items, "; "));
}

}  // namespace pgcontract::fingerprint
