#include "contract/fields.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "contract/load.hpp"

namespace pgcontract::contract {
namespace {

// The published file must be what the program would write. PGC_ACCEPT=1 writes it anew.
void expect_published(const std::string& path, const std::string& generated) {
  const std::string file = PGCONTRACT_SOURCE_DIR "/" + path;
  if (std::getenv("PGC_ACCEPT") != nullptr) std::ofstream(file, std::ios::binary) << generated;
  std::ifstream stream(file, std::ios::binary);
  ASSERT_TRUE(stream) << file;
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(stream), {}), generated) << "run the test with PGC_ACCEPT=1";
}

TEST(Fields, PublishedSchemaIsCurrent) { expect_published("doc/contract.schema.json", contract_json_schema()); }
TEST(Fields, PublishedReferenceIsCurrent) { expect_published("doc/contract.md", contract_reference_markdown()); }

TEST(Fields, TheReferencesExampleLoads) {
  const std::string page = contract_reference_markdown();
  const auto begin = page.find("```yaml\n") + 8;
  const auto contract = parse_contract(page.substr(begin, page.find("```", begin) - begin), "doc", "/");
  ASSERT_TRUE(contract) << contract.error().front().describe();
  EXPECT_EQ(contract->environments.size(), 2u);
}

TEST(Fields, TableIsWellFormed) {
  std::set<std::string_view> paths;
  for (const auto& field : fields()) {
    EXPECT_TRUE(paths.insert(field.path).second) << field.path;
    EXPECT_TRUE(field.sentence.ends_with('.')) << field.path;
    EXPECT_FALSE(field.required && !field.fallback.empty()) << field.path;
    const bool holds_text = field.shape == Shape::Text || field.shape == Shape::Texts || field.shape == Shape::Named;
    EXPECT_EQ(field.rule != nullptr, holds_text) << field.path;
    const auto dot = field.path.rfind('.');
    if (dot == field.path.npos) continue;
    const auto is_parent = [&](const Field& other) { return path_below(other) == field.path.substr(0, dot); };
    EXPECT_TRUE(std::any_of(fields().begin(), fields().end(), is_parent)) << field.path;
  }
}

TEST(Fields, DefaultsSatisfyTheirOwnRules) {
  for (const auto& field : fields()) {
    if (field.shape != Shape::Text || field.fallback.empty()) continue;
    EXPECT_FALSE(check(*field.rule, std::string(field.fallback))) << field.path;
    const bool listed = std::find(field.allowed.begin(), field.allowed.end(), field.fallback) != field.allowed.end();
    EXPECT_TRUE(field.allowed.empty() || listed) << field.path;
  }
}

// An editor with the schema and the loader must agree: each rule's pattern and check, on texts that tell rules apart.
TEST(Fields, PatternsAgreeWithChecks) {
  const std::vector<std::string> samples = {"embedded",
                                            "Embedded",
                                            "shop",
                                            "Shop",
                                            "a-b",
                                            "1st",
                                            "_x",
                                            "x_",
                                            "pg_x",
                                            "pgcontract",
                                            "pgcontract2",
                                            "public",
                                            "none",
                                            "information_schema",
                                            "app.tenant",
                                            "app.tenant.id",
                                            "app.",
                                            ".app",
                                            "app..x",
                                            "app.1x",
                                            "a b.c",
                                            "tenant_{id}",
                                            "{id}",
                                            "{id}{id}",
                                            "{i}{id}",
                                            "{id",
                                            "pg_{id}",
                                            "env:X",
                                            "env:",
                                            "env:1X",
                                            "env:X-Y",
                                            "file:x",
                                            "file:",
                                            "file:/run/x y",
                                            "file:postgres://u@h/d",
                                            "vault:x",
                                            "s3://bucket/a@b",
                                            "s3://k:s@bucket",
                                            "s3://",
                                            "://x",
                                            "bucket",
                                            "file:///var",
                                            "2027-06-30",
                                            "2027-13-01",
                                            "2027-1-1",
                                            "27-06-30",
                                            "-027-06-30",
                                            "14 days",
                                            "1 day",
                                            "14days",
                                            "0 days",
                                            "014 days",
                                            "14 Days",
                                            "14 years",
                                            "12345 days",
                                            "DATABASE_URL",
                                            "A B",
                                            "research_",
                                            "x$",
                                            "$x"};
  std::set<const Rule*> with_pattern;
  int accepted = 0;
  for (const auto& field : fields())
    if (field.rule != nullptr && !field.rule->pattern.empty()) with_pattern.insert(field.rule);
  EXPECT_GE(with_pattern.size(), 13u);
  for (const Rule* rule : with_pattern) {
    const std::regex pattern(std::string(rule->pattern), std::regex::ECMAScript);
    for (const auto& sample : samples) {
      const bool good = !check(*rule, sample);
      accepted += good ? 1 : 0;
      EXPECT_EQ(std::regex_search(sample, pattern), good) << rule->value << ": " << sample;
    }
  }
  EXPECT_GT(accepted, 100);
}

TEST(Fields, SchemaClosesEveryMapping) {
  const auto schema = nlohmann::json::parse(contract_json_schema());
  EXPECT_EQ(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
  EXPECT_EQ(schema["required"], nlohmann::json({"contract", "name", "environments", "schemas"}));
  int objects = 0;
  const std::function<void(const nlohmann::json&)> walk = [&](const nlohmann::json& part) {
    if (part.is_object() && part.contains("properties") && part["properties"].is_object()) {
      ++objects;
      EXPECT_EQ(part["additionalProperties"], false) << part.dump();
    }
    for (const auto& child : part)
      if (child.is_structured()) walk(child);
  };
  walk(schema);
  EXPECT_EQ(objects, 22);
  EXPECT_EQ(schema["properties"]["environments"]["additionalProperties"]["oneOf"].size(), 2u);
  EXPECT_EQ(schema["properties"]["tenancy"]["properties"]["role"]["default"], "app_tenant_{id}");
  const auto& connections = schema["properties"]["tenancy"]["properties"]["limits"]["properties"]["connections"];
  EXPECT_EQ(connections["default"], 20);
  EXPECT_EQ(connections["anyOf"][0]["type"], "integer");
}

}  // namespace
}  // namespace pgcontract::contract
