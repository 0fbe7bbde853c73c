#pragma once
// "Did you mean": the nearest of the valid spellings, for typos in options, keys, clauses and names. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace pgcontract {

// The candidate nearest to `word` by edit distance (transpositions count one), or empty where none is near enough
// to be a slip (more than a third of the word's length, at least 2).
std::string nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace pgcontract
