#pragma once
// One function a format; render() picks. Values in, strings out; any thread.

#include <string>

#include "report/render.hpp"

namespace pgcontract::report {

std::string render_text(const Report& report, const Style& style);
std::string render_json(const Report& report);
std::string render_junit(const Report& report);
std::string render_sarif(const Report& report);
std::string render_markdown(const Report& report);

}  // namespace pgcontract::report
