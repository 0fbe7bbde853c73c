#pragma once
// XML 1.0 text: escaped, and without the characters XML cannot hold. Pure; any thread.

#include <string>
#include <string_view>

namespace pgcontract::report {

// For element content and attributes alike; newlines stay in content where `lines` is set.
std::string xml_text(std::string_view text, bool lines = false);

}  // namespace pgcontract::report
