// The protocol's messages as the one in the middle reads them.
#include "record/wire.hpp"

#include <gtest/gtest.h>

#include "record/session.hpp"

namespace pgcontract::record {
namespace {

using namespace std::string_literals;

TEST(MessageBuffer, CutsMessagesWhereverTheBytesWereCut) {
  const std::string bytes = message('Q', "SELECT 1\0"s) + message('X', "");
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    MessageBuffer buffer;
    std::string types;
    for (const auto part : {std::string_view(bytes).substr(0, cut), std::string_view(bytes).substr(cut)}) {
      buffer.add(part);
      while (true) {
        const auto next = buffer.next();
        ASSERT_TRUE(next);
        if (!*next) break;
        types += (*next)->type;
      }
    }
    EXPECT_EQ(types, "QX") << cut;
  }
  MessageBuffer bad;
  bad.add("Q\0\0\0\2"s);
  EXPECT_FALSE(bad.next());
}

TEST(Startup, TellsWhatAClientWants) {
  EXPECT_EQ(parse_startup(int32_bytes(80877103)).kind, Startup::Kind::Encryption);
  EXPECT_EQ(parse_startup(int32_bytes(80877104)).kind, Startup::Kind::Encryption);
  EXPECT_EQ(parse_startup(int32_bytes(2 << 16)).kind, Startup::Kind::Unknown);
  EXPECT_EQ(parse_startup("").kind, Startup::Kind::Unknown);
  const auto cancel = parse_startup(int32_bytes(80877102) + int32_bytes(7) + int32_bytes(-9));
  EXPECT_EQ(cancel.pid, 7);
  EXPECT_EQ(cancel.key, -9);
  const auto session = parse_startup(int32_bytes(3 << 16) + "user\0u\0database\0d\0\0"s);
  EXPECT_EQ(session.kind, Startup::Kind::Session);
  EXPECT_EQ(session.get("user"), "u");
  EXPECT_EQ(session.get("database"), "d");
  EXPECT_EQ(session.get("options"), "");
}

class Heard {
 public:
  explicit Heard(Counts counts = {}) : listener_(transcript_, 1, std::move(counts)) {}
  void client(char type, const std::string& body) { pass(type, body, true); }
  std::optional<std::string> server(char type, const std::string& body) { return pass(type, body, false); }
  const Sent& at(std::size_t i) const { return transcript_.statements.at(i); }
  std::size_t size() const { return transcript_.statements.size(); }

 private:
  std::optional<std::string> pass(char type, const std::string& body, bool from_client) {
    const std::string whole = message(type, body);
    const Message m{type, std::string_view(whole).substr(5), whole};
    if (!from_client) return listener_.from_server(m);
    listener_.from_client(m);
    return std::nullopt;
  }
  Transcript transcript_;
  Listener listener_;
};

TEST(Listener, TellsWhichStatementOfAMessageFailed) {
  Heard heard;
  heard.client('Q', "CREATE TABLE a (); SELECT ';'; DROP TABLE b -- c\0"s);
  heard.server('C', "CREATE TABLE\0"s);
  heard.server('T', "");
  heard.server('D', "");
  heard.server('C', "SELECT 1\0"s);
  heard.server('E', "");
  heard.server('Z', "I");
  ASSERT_EQ(heard.size(), 3U);
  EXPECT_TRUE(heard.at(0).finished);
  EXPECT_EQ(heard.at(1).rows, 1);
  EXPECT_TRUE(heard.at(2).failed);
  EXPECT_EQ(heard.at(2).text, "DROP TABLE b -- c\n");  // a semicolon behind it is not in the comment
  EXPECT_FALSE(heard.at(2).finished);
  heard.client('Q', "SELECT 2\0"s);
  EXPECT_FALSE(heard.at(3).in_transaction);
  heard.server('C', "SELECT 1\0"s);
  heard.server('Z', "T");
  heard.client('Q', "COPY t FROM STDIN\0"s);
  heard.server('G', "");
  EXPECT_TRUE(heard.at(4).in_transaction);
  EXPECT_NE(heard.at(4).unclear, "");
}

std::string int16_bytes(int value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }
std::string bound(const std::vector<std::string>& values, int format) {
  std::string body = "\0\0"s + int16_bytes(1) + int16_bytes(format) + int16_bytes(static_cast<int>(values.size()));
  for (const auto& value : values) body += int32_bytes(static_cast<std::int32_t>(value.size())) + value;
  return body + int16_bytes(0);
}

TEST(Listener, PutsParametersInOnlyWhereThatIsCertain) {
  Heard heard;
  const auto send = [&](const std::string& sql, const std::vector<std::int32_t>& types,
                        const std::vector<std::string>& values, int format) {
    std::string body = "\0"s + sql + "\0"s + int16_bytes(static_cast<int>(types.size()));
    for (const auto type : types) body += int32_bytes(type);
    heard.client('P', body);
    heard.client('B', bound(values, format));
    heard.client('D', "P\0"s);
    heard.client('E', "\0"s + int32_bytes(0));
    heard.client('S', "");
    heard.server('1', "");
    heard.server('2', "");
    heard.server('C', "INSERT 0 1\0"s);
    heard.server('Z', "I");
    return heard.at(heard.size() - 1);
  };
  const Sent clear = send("INSERT INTO t VALUES ($1, '$1', $2)", {25, 0}, {"it's", "2"}, 0);
  EXPECT_EQ(clear.text, "INSERT INTO t VALUES (('it''s'::pg_catalog.text), '$1', '2')");
  EXPECT_EQ(clear.unclear, "");
  EXPECT_TRUE(clear.finished);
  EXPECT_NE(send("INSERT INTO t VALUES ($1)", {23}, {"\0\0\0\1"s}, 1).unclear, "");
  EXPECT_NE(send("INSERT INTO t VALUES ($1)", {99999}, {"1"}, 0).unclear, "");
}

TEST(Listener, ChangesARowCountOnceAndNeverTheVersionTables) {
  Heard heard({true, "alembic_version"});
  const auto told = [&](const std::string& sql, const std::string& tag) {
    heard.client('Q', sql + '\0');
    const auto instead = heard.server('C', tag + '\0');
    heard.server('Z', "I");
    return instead.value_or("as it is").substr(instead ? 5 : 0);
  };
  EXPECT_EQ(told("UPDATE t SET a = 1", "UPDATE 0"), "UPDATE 1\0"s);
  EXPECT_EQ(told("UPDATE t SET a = 1", "UPDATE 0"), "as it is");
  EXPECT_EQ(told("UPDATE alembic_version SET version_num = 'b'", "UPDATE 1"), "as it is");
  EXPECT_EQ(told("INSERT INTO t SELECT 1", "INSERT 0 9"), "INSERT 0 10\0"s);
  EXPECT_EQ(told("INSERT INTO t VALUES (1)", "INSERT 0 1"), "as it is");
  EXPECT_EQ(told("CREATE TABLE x ()", "CREATE TABLE"), "as it is");
}

}  // namespace
}  // namespace pgcontract::record
