#include "report/render.hpp"

#include "report/drift.hpp"
#include "report/formats.hpp"
#include "report/page.hpp"

namespace pgcontract::report {

std::string render(const Report& report, Format format, const Style& style) {
  if (report.drift && !report.verdicts && format != Format::Text && format != Format::Json) {
    Report findings = report;
    findings.verdicts = drift_verdicts(*report.drift);
    return render(findings, format, style);
  }
  switch (format) {
    case Format::Text: return render_text(report, style);
    case Format::Json: return render_json(report);
    case Format::JUnit: return render_junit(report);
    case Format::Sarif: return render_sarif(report);
    case Format::Markdown: return render_markdown(report);
  }
  return render_text(report, style);
}

std::string render_error(const Error& error, const Style& style) { return error_text(error, Page(style)); }

}  // namespace pgcontract::report
