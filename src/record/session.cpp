#include "record/session.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "alembic/sql_statement.hpp"
#include "model/observation.hpp"
#include "record/sql_token.hpp"

namespace pgcontract::record {
namespace {

// Types whose text stands for itself in a literal with a cast: pg_type.oid is fixed for these.
std::string_view type_name(std::int32_t oid) {
  switch (oid) {
    case 16: return "pg_catalog.bool";
    case 20: return "pg_catalog.int8";
    case 21: return "pg_catalog.int2";
    case 23: return "pg_catalog.int4";
    case 25: return "pg_catalog.text";
    case 114: return "pg_catalog.json";
    case 700: return "pg_catalog.float4";
    case 701: return "pg_catalog.float8";
    case 1043: return "pg_catalog.varchar";
    case 1082: return "pg_catalog.date";
    case 1114: return "pg_catalog.timestamp";
    case 1184: return "pg_catalog.timestamptz";
    case 1700: return "pg_catalog.numeric";
    case 2950: return "pg_catalog.uuid";
    case 3802: return "pg_catalog.jsonb";
    default: return {};
  }
}

// A parameter without a type takes it from where it stands, and so does a literal.
std::optional<std::string> literal(const std::optional<std::string_view>& value, std::int32_t type) {
  const std::string text = value ? quoted_literal(*value) : "NULL";
  if (type == 0) return text;
  const auto name = type_name(type);
  if (name.empty()) return std::nullopt;
  return fmt::format("({}::{})", text, name);
}

std::string with_values(const std::string& text, const std::vector<std::string>& values) {
  std::string out;
  const char* at = text.data();
  for (const auto& token : sql_tokens(text)) {
    if (token.kind != Token::Kind::Parameter) continue;
    std::size_t number = 0;
    std::from_chars(token.text.data() + 1, token.text.data() + token.text.size(), number);
    if (number == 0 || number > values.size()) continue;
    out.append(at, token.whole.data()).append(values[number - 1]);
    at = token.whole.data() + token.whole.size();
  }
  return out.append(at, text.data() + text.size());
}

}  // namespace

// Whoever sends it again puts a semicolon behind it: one of its own goes, and a comment at its end gets a line's end.
void Listener::log(std::string text, std::string unclear) {
  while (!text.empty() && std::string_view("; \t\r\n").find(text.back()) != std::string_view::npos) text.pop_back();
  const auto last_line = text.rfind('\n') == std::string::npos ? 0 : text.rfind('\n');
  if (text.find("--", last_line) != std::string::npos) text += '\n';
  pending_.push_back(static_cast<int>(transcript_.statements.size()));
  Sent sent;
  sent.session = session_;
  sent.message = messages_;
  sent.text = std::move(text);
  sent.unclear = std::move(unclear);
  sent.in_transaction = in_transaction_;
  transcript_.statements.push_back(std::move(sent));
}

void Listener::query(std::string_view text) {
  ++messages_;
  // On a line of its own: the text may end in a comment.
  const std::string script = std::string(text) + "\n;";
  if (const auto split = alembic::split_sql(script))
    for (const auto& statement : split->statements) log(std::string(statement.text), "");
  else
    log(std::string(text), split.error().message);
  pending_.push_back(kSync);
}

void Listener::parse(Fields fields) {
  const std::string name(fields.text());
  Prepared prepared{std::string(fields.text()), {}};
  const auto count = fields.int16();
  for (int i = 0; i < count; ++i) prepared.types.push_back(fields.int32());
  prepared_[name] = std::move(prepared);
}

void Listener::bind(Fields fields) {
  const std::string name(fields.text());
  const auto statement = prepared_.find(fields.text());
  Portal portal;
  std::vector<std::int16_t> formats;
  const auto format_count = fields.int16();
  for (int i = 0; i < format_count; ++i) formats.push_back(fields.int16());
  const auto count = static_cast<std::size_t>(std::max<std::int16_t>(fields.int16(), 0));
  std::vector<std::string> values;
  for (std::size_t i = 0; i < count && fields.ok(); ++i) {
    const auto length = fields.int32();
    std::optional<std::string_view> value;
    if (length >= 0) value = fields.bytes(static_cast<std::size_t>(length));
    const auto format = formats.empty() ? 0 : formats.size() == 1 ? formats[0] : i < formats.size() ? formats[i] : 1;
    if (value && format != 0) portal.unclear = "it sends a value in binary";
    const auto& types = statement == prepared_.end() ? std::vector<std::int32_t>{} : statement->second.types;
    const auto type = i < types.size() ? types[i] : 0;
    if (const auto text = literal(value, type))
      values.push_back(*text);
    else
      portal.unclear = fmt::format("it sends a value of a type that has no name here (oid {})", type);
  }
  if (statement == prepared_.end() || !fields.ok()) {
    portal.unclear = "it uses a statement that was not heard";
  } else {
    portal.text = portal.unclear.empty() ? with_values(statement->second.text, values) : statement->second.text;
  }
  portals_[name] = std::move(portal);
}

void Listener::execute(Fields fields) {
  ++messages_;
  const auto portal = portals_.find(fields.text());
  if (portal == portals_.end()) return log("", "it uses a cursor that was not heard");
  const bool again = std::exchange(portal->second.used, true);
  log(portal->second.text, again ? "it reads on from a cursor" : portal->second.unclear);
}

void Listener::from_client(const Message& message) {
  switch (message.type) {
    case 'Q': return query(Fields(message.body).text());
    case 'P': return parse(Fields(message.body));
    case 'B': return bind(Fields(message.body));
    case 'E': return execute(Fields(message.body));
    case 'S': pending_.push_back(kSync); return;
    case 'F':
      ++messages_;
      log("", "it calls a function by its number");
      pending_.push_back(kSync);
      return;
    default: return;
  }
}

Sent* Listener::front() {
  if (pending_.empty() || pending_.front() == kSync) return nullptr;
  return &transcript_.statements[static_cast<std::size_t>(pending_.front())];
}

// "UPDATE 3" becomes "UPDATE 4", the first time.
std::optional<std::string> Listener::completed(std::string_view tag) {
  Sent* sent = front();
  if (!sent) return std::nullopt;
  sent->finished = true;
  pending_.pop_front();
  if (!counts_.changed) return std::nullopt;
  const bool selects = tag.starts_with("INSERT ") && sent->text.find("SELECT") != std::string::npos;
  if (!selects && !tag.starts_with("UPDATE ") && !tag.starts_with("DELETE ") && !tag.starts_with("MERGE "))
    return std::nullopt;
  if (sent->text.find(counts_.truthful) != std::string::npos || !told_.insert(sent->text).second) return std::nullopt;
  const auto blank = tag.rfind(' ');
  long count = 0;
  std::from_chars(tag.data() + blank + 1, tag.data() + tag.size(), count);
  std::string body = fmt::format("{} {}", tag.substr(0, blank), count + 1);
  body += '\0';
  return record::message('C', body);
}

std::optional<std::string> Listener::from_server(const Message& message) {
  switch (message.type) {
    case 'D':
      if (Sent* sent = front()) ++sent->rows;
      break;
    case 'C': return completed(Fields(message.body).text());
    case 'I': (void)completed(""); break;
    case 's':
      if (Sent* sent = front()) sent->unclear = "it reads from a cursor in pieces";
      (void)completed("");
      break;
    case 'G':
    case 'H':
    case 'W':
      if (Sent* sent = front()) sent->unclear = "it copies rows through the client";
      break;
    case 'E':
      if (Sent* sent = front()) sent->failed = true;
      while (!pending_.empty() && pending_.front() != kSync) pending_.pop_front();
      break;
    case 'Z':
      while (!pending_.empty() && pending_.front() != kSync) pending_.pop_front();
      if (!pending_.empty()) pending_.pop_front();
      in_transaction_ = !message.body.starts_with('I');
      break;
    default: break;
  }
  return std::nullopt;
}

}  // namespace pgcontract::record
