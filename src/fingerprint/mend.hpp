#pragma once
// The statements that would make what was found into what was expected, where they are certain to: nothing is guessed,
// and no statement loses rows. Where there is none, the difference says why. What a statement is made of comes from the
// reference schema, in the server's own words; it is written for the first schema of a group. One thread.

#include <functional>
#include <string>
#include <string_view>

#include "fingerprint/read.hpp"

namespace pgcontract::fingerprint {

// Difference::no_mend where the statements of another difference of the same object do it.
inline constexpr std::string_view kMendedToo = "what makes the object anew mends this too";

// `connection` is to the database with the reference; `words_of` gives a schema's own words.
Result<void> add_mends(postgres::Connection& connection, const Wanted& reference,
                       const std::function<Wanted(const std::string& schema)>& words_of, DriftSet& set);

// The pure part: what follows from the difference alone. `make` is the statement that makes the object as expected, or
// empty where the server has none.
void mend(Difference& difference, const std::string& schema, const std::string& make);

}  // namespace pgcontract::fingerprint
