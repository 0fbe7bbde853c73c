#include "observe/copy_row.hpp"

#include <cstring>

namespace pgcontract::observe {
namespace {

// COPY escapes exactly these.
char unescaped(char c) {
  switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    default: return c;
  }
}

}  // namespace

Text CopyRow::text() {
  char* const start = at_;
  char* tab = static_cast<char*>(std::memchr(at_, '\t', static_cast<std::size_t>(end_ - at_)));
  char* const stop = tab ? tab : end_;
  at_ = tab ? tab + 1 : end_;
  if (stop - start == 2 && start[0] == '\\' && start[1] == 'N') return {};
  char* from = static_cast<char*>(std::memchr(start, '\\', static_cast<std::size_t>(stop - start)));
  if (!from) return {start, static_cast<std::size_t>(stop - start)};
  char* to = from;
  for (; from < stop; ++from) *to++ = *from == '\\' && from + 1 < stop ? unescaped(*++from) : *from;
  return {start, static_cast<std::size_t>(to - start)};
}

// Array output (docs §8.15.6): elements unquoted or in double quotes with backslash escapes, again undone in place. A
// subscript prefix ("[0:1]={…}", as int2vector slices print) is skipped.
std::vector<Text> CopyRow::text_list() {
  const Text array = text();
  std::vector<Text> items;
  const auto brace = array.find('{');
  if (brace == Text::npos) return items;
  char* at = const_cast<char*>(array.data()) + brace + 1;
  char* const end = const_cast<char*>(array.data()) + array.size();
  while (at < end && *at != '}') {
    const bool in_quotes = *at == '"';
    if (in_quotes) ++at;
    char* const start = at;
    char* to = at;
    while (at < end && (in_quotes ? *at != '"' : *at != ',' && *at != '}')) {
      if (in_quotes && *at == '\\' && at + 1 < end) ++at;
      *to++ = *at++;
    }
    items.emplace_back(start, static_cast<std::size_t>(to - start));
    if (in_quotes) ++at;
    if (at < end && *at == ',') ++at;
  }
  return items;
}

}  // namespace pgcontract::observe
