// Each format is parsed back, by somebody else where somebody else is at hand: JSON by its parser and the published
// schema, XML by Python's expat.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "examples.hpp"
#include "golden.hpp"
#include "report/display.hpp"
#include "report/render.hpp"

namespace pgcontract::report {
namespace {

using Json = nlohmann::json;

bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "null") return value.is_null();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  ADD_FAILURE() << "the schema names an unknown type: " << type;
  return false;
}

// As much of JSON Schema as report_json_schema() uses; a keyword it does not know fails the test.
class SchemaCheck {
 public:
  explicit SchemaCheck(const Json& schema) : root_(schema) {}

  std::vector<std::string> problems_of(const Json& value) {
    problems_.clear();
    check(value, root_, "$");
    return problems_;
  }

 private:
  void expect(bool good, const std::string& place, const std::string& problem) {
    if (!good) problems_.push_back(place + ": " + problem);
  }

  bool matches(const Json& value, const Json& schema) {
    SchemaCheck other(root_);
    other.check(value, schema, "$");
    return other.problems_.empty();
  }

  void check(const Json& value, const Json& schema, const std::string& place) {
    for (const auto& [keyword, rule] : schema.items()) {
      if (keyword == "$ref") {
        check(value, root_.at(Json::json_pointer(rule.get<std::string>().substr(1))), place);
      } else if (keyword == "type") {
        const Json types = rule.is_array() ? rule : Json::array({rule});
        bool any = false;
        for (const auto& type : types) any = any || has_type(value, type);
        expect(any, place, "is not " + rule.dump());
      } else if (keyword == "const") {
        expect(value == rule, place, "is not " + rule.dump());
      } else if (keyword == "enum") {
        expect(std::ranges::find(rule, value) != rule.end(), place, value.dump() + " is not among " + rule.dump());
      } else if (keyword == "anyOf") {
        bool any = false;
        for (const auto& choice : rule) any = any || matches(value, choice);
        expect(any, place, "matches no choice");
      } else if (keyword == "minimum") {
        expect(!value.is_number() || value >= rule, place, "is too small");
      } else if (keyword == "items") {
        for (std::size_t at = 0; value.is_array() && at < value.size(); ++at)
          check(value[at], rule, place + "[" + std::to_string(at) + "]");
      } else if (keyword == "required") {
        for (const auto& name : rule) expect(value.contains(name), place, "lacks " + name.dump());
      } else if (keyword == "properties") {
        for (const auto& [name, field] : rule.items())
          if (value.contains(name)) check(value[name], field, place + "." + name);
      } else if (keyword == "additionalProperties") {
        check_additional(value, schema, rule, place);
      } else {
        static const std::vector<std::string> kSilent = {"$schema", "$id", "$defs", "title", "description", "format"};
        expect(std::ranges::find(kSilent, keyword) != kSilent.end(), place, "the test does not know " + keyword);
      }
    }
  }

  void check_additional(const Json& value, const Json& schema, const Json& rule, const std::string& place) {
    if (!value.is_object()) return;
    for (const auto& [name, field] : value.items()) {
      if (schema.contains("properties") && schema["properties"].contains(name)) continue;
      if (rule.is_object())
        check(field, rule, place + "." + name);
      else
        expect(false, place, "has the unknown field " + name);
    }
  }

  const Json& root_;
  std::vector<std::string> problems_;
};

class EachExample : public testing::TestWithParam<Example> {};
INSTANTIATE_TEST_SUITE_P(Reports, EachExample, testing::ValuesIn(kExamples),
                         [](const auto& parameters) { return std::string(parameters.param.name); });

TEST_P(EachExample, FollowsThePublishedSchema) {
  const Json published = Json::parse(report_json_schema());
  SchemaCheck schema(published);
  const auto problems = schema.problems_of(Json::parse(render(GetParam().make(), Format::Json, Style{})));
  EXPECT_TRUE(problems.empty()) << testing::PrintToString(problems);
}

TEST(JsonSchema, IsTheOneInTheManual) { expect_same_as("doc/report.schema.json", report_json_schema()); }

TEST(JsonSchema, RefusesWhatIsAbsentUnknownOrOfAnotherType) {
  const Json published = Json::parse(report_json_schema());
  SchemaCheck schema(published);
  for (const auto* broken :
       {R"({"scene": null})", R"({"scene": {"tenants": -1}})", R"({"surprise": 1})",
        R"({"schema": "pgcontract.report/2"})", R"({"notes": [null]})", R"({"tables": {"tenants": [{"id": 7}]}})"}) {
    Json report = Json::parse(render(table_report(), Format::Json, Style{}));
    report.merge_patch(Json::parse(broken));  // null takes a field away
    EXPECT_FALSE(schema.problems_of(report).empty()) << broken;
  }
}

TEST(JsonSchema, KnowsEveryErrorCode) {
  const Json published = Json::parse(report_json_schema());
  SchemaCheck schema(published);
  for (int code = 0; code <= static_cast<int>(ErrorCode::Bug); ++code) {
    Report report = error_report();
    report.error->code = static_cast<ErrorCode>(code);
    const auto problems = schema.problems_of(Json::parse(render(report, Format::Json, Style{})));
    EXPECT_TRUE(problems.empty()) << code << testing::PrintToString(problems);
  }
}

// Nothing that a terminal would obey, and no malformed byte. `allowed` are the control characters of the layout.
std::string first_unsafe(std::string_view text, std::string_view allowed) {
  for (std::size_t at = 0; at < text.size();) {
    const Character character = character_at(text, at);
    const bool layout = character.code < 0x20 && allowed.contains(static_cast<char>(character.code));
    if (!character.valid || (is_unsafe(character.code) && !layout))
      return fmt::format("byte {}: U+{:04x}", at, static_cast<unsigned>(character.code));
    at += character.length;
  }
  return {};
}

TEST_P(EachExample, HoldsNothingATerminalObeys) {
  for (const auto format : {Format::Text, Format::Json, Format::JUnit, Format::Sarif, Format::Markdown}) {
    const bool statements = format == Format::Text || format == Format::Markdown;
    for (const bool verbose : {false, true})
      EXPECT_EQ(first_unsafe(render(GetParam().make(), format, Style{.verbose = verbose}), statements ? "\n\t" : "\n"),
                "")
          << static_cast<int>(format);
  }
}

TEST_P(EachExample, IsWellFormedXml) {
  const auto file = std::filesystem::temp_directory_path() / fmt::format("pgcontract-junit-{}.xml", getpid());
  write_text_file(file, render(GetParam().make(), Format::JUnit, Style{}));
  // Also: each suite's counts are those of its cases.
  const std::string script = R"(
import sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
for suite in list(root) + [root]:
    count = lambda name: str(len(suite.findall('.//' + name)))
    for field, name in dict(tests='testcase', failures='failure', errors='error', skipped='skipped').items():
        assert suite.get(field) == count(name), (suite.get('name'), field, suite.get(field), count(name))
)";
  const auto command = fmt::format("python3 -c \"{}\" '{}'", script, file.string());
  EXPECT_EQ(std::system(command.c_str()), 0) << read_text_file(file);
  std::filesystem::remove(file);
}

TEST_P(EachExample, IsSarif) {
  const Json sarif = Json::parse(render(GetParam().make(), Format::Sarif, Style{}));
  EXPECT_EQ(sarif["version"], "2.1.0");
  ASSERT_EQ(sarif["runs"].size(), 1u);
  const auto& run = sarif["runs"][0];
  const auto& rules = run["tool"]["driver"]["rules"];
  for (const auto& rule : rules) EXPECT_FALSE(rule["shortDescription"]["text"].get<std::string>().empty());
  for (const auto& result : run["results"]) {
    EXPECT_EQ(rules.at(result["ruleIndex"].get<std::size_t>())["id"], result["ruleId"]);
    EXPECT_TRUE(result["suppressions"].is_array());
    ASSERT_EQ(result["locations"].size(), 1u);
    const auto& location = result["locations"][0];
    const std::string uri = location["physicalLocation"]["artifactLocation"]["uri"];
    EXPECT_EQ(uri.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/%:"),
              std::string::npos)
        << uri;
    EXPECT_GE(location["physicalLocation"]["region"]["startLine"], 1);
  }
  for (const auto& note : run["invocations"][0]["toolExecutionNotifications"]) {
    if (!note.contains("associatedRule")) continue;
    EXPECT_EQ(rules.at(note["associatedRule"]["index"].get<std::size_t>())["id"], note["associatedRule"]["id"]);
  }
}

TEST(Sarif, KnowsFilesWaiversAndWhatWasNotJudged) {
  Report report = broken_report();
  find_clause(report, "schema.temporal_type").findings.resize(1);
  const Json run = Json::parse(render(report, Format::Sarif, Style{}))["runs"][0];
  std::map<std::string, Json> results;
  for (const auto& result : run["results"]) results[result["ruleId"]] = result;
  const auto& file = results["migrations.single_head"]["locations"][0]["physicalLocation"];
  EXPECT_EQ(file["artifactLocation"]["uri"], "packages/api/migrations/versions/9f3e_add%20reports.py");
  EXPECT_EQ(file["region"]["startLine"], 14);
  EXPECT_EQ(results["schema.temporal_type"]["locations"][0]["logicalLocations"][0]["fullyQualifiedName"],
            "stratmaster_api.research_run.seen_1");
  EXPECT_TRUE(results["schema.temporal_type"]["suppressions"].empty());
  EXPECT_EQ(results["schema.domain_prefix"]["suppressions"][0]["justification"],
            "named by the contract's own policy example (until 2027-06-30, by data platform)");
  EXPECT_EQ(run["invocations"][0]["toolExecutionNotifications"].size(), 35u);
  EXPECT_TRUE(run["invocations"][0]["executionSuccessful"]);
}

TEST(Sarif, TakesPlacesApart) {
  Report report = broken_report();
  find_clause(report, "schema.temporal_type").findings.resize(1);
  auto& finding = find_clause(report, "migrations.single_head").findings[0];
  const auto region_of = [&](const std::string& where) {
    finding.where = where;
    const Json run = Json::parse(render(report, Format::Sarif, Style{}))["runs"][0];
    for (const auto& result : run["results"])
      if (result["ruleId"] == "migrations.single_head") return result["locations"][0]["physicalLocation"];
    return Json();
  };
  EXPECT_EQ(region_of("./a.py:3:7")["region"], Json::parse(R"({"startLine": 3, "startColumn": 7})"));
  EXPECT_EQ(region_of("./a.py:3:7")["artifactLocation"]["uri"], "a.py");
  EXPECT_EQ(region_of("a.py")["region"], Json::parse(R"({"startLine": 1})"));
  EXPECT_EQ(region_of("/srv/a:b.py:2")["artifactLocation"]["uri"], "file:///srv/a%3Ab.py");
}

TEST(Markdown, LetsNoNameBecomeMarkup) {
  const auto text = render(hostile_report(), Format::Markdown, Style{});
  // Outside code, nothing of the hostile name is left that GitHub would take for HTML, a link or a mention.
  bool fenced = false;
  for (const auto& line : lines_of(text)) {
    const auto start = line.find_first_not_of(' ');
    if (start != std::string::npos && line.compare(start, 3, "```") == 0 && line.find('<') == std::string::npos)
      fenced = !fenced;
    if (fenced || line.find("```") != std::string::npos) continue;
    EXPECT_EQ(line.find("<script"), std::string::npos) << line;
    EXPECT_EQ(line.find(" [x]("), std::string::npos) << line;
    EXPECT_EQ(line.find("@team"), std::string::npos) << line;
  }
  EXPECT_FALSE(fenced);
}

}  // namespace
}  // namespace pgcontract::report
