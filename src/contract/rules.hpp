#pragma once
// What a value of contract.yaml may look like, beyond its type. Each rule says it three ways that a test holds
// together: in words, as a pattern for the JSON Schema, and as the check the loader runs. Constants without state; any
// thread.

#include <optional>
#include <string>
#include <string_view>

namespace pgcontract::contract {

// What is wrong with a value, as the rest of a sentence that begins with its key: "must not be empty".
struct Complaint {
  std::string message;
  std::string hint;
};

struct Rule {
  std::string_view value;         // in words, for the reference page
  std::string_view pattern = {};  // ECMA 262; empty: none
  int longest = 0;                // characters; 0: no limit of its own
  bool may_be_empty = false;
  bool may_have_lines = false;
  std::optional<Complaint> (*check)(const std::string& text) = nullptr;
};

namespace rule {
extern const Rule kLine;          // any text on one line
extern const Rule kOptionalLine;  // the same, or ""
extern const Rule kParagraph;     // any text
extern const Rule kContractName;
extern const Rule kEnvironmentName;
extern const Rule kSchema;  // an identifier PostgreSQL lets us create a schema by
extern const Rule kRole;
extern const Rule kIdentifier;     // of a column, table or database
extern const Rule kPrefix;         // of a table's name
extern const Rule kSchemaPattern;  // with {id}
extern const Rule kRolePattern;
extern const Rule kSetting;   // a custom setting: "app.tenant_id"
extern const Rule kVariable;  // of the environment
extern const Rule kEmbedded;  // dsn
extern const Rule kDsnFrom;
extern const Rule kStore;        // the URL of an object store
extern const Rule kEndpoint;     // of an S3 server
extern const Rule kRegion;       // "eu-central-1"
extern const Rule kCredentials;  // where an object store's keys are
extern const Rule kDate;
extern const Rule kDuration;   // "14 days"
extern const Rule kTimeLimit;  // "30s", as PostgreSQL's timeouts, or "none"
extern const Rule kSizeLimit;  // "1GB", likewise
extern const Rule kTimeline;   // "2"
extern const Rule kLsn;        // "0/3000000", as PostgreSQL writes it
}  // namespace rule

// All that is wrong with `text` under `rule`: emptiness, control characters, length and the rule's own check.
std::optional<Complaint> check(const Rule& rule, const std::string& text);

// A value quoted for a message: shortened, and left out where it looks like a connection string.
std::string shown(std::string_view text);

}  // namespace pgcontract::contract
