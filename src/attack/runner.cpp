#include "attack/runner.hpp"

#include <fmt/format.h>

#include <optional>
#include <regex>

namespace pgcontract::attack {
namespace {

constexpr std::size_t kLongestLine = 2'000;  // std::regex recurses once a character
constexpr std::size_t kMostLines = 500;
constexpr std::string_view kSyntaxError = "42601";
constexpr std::string_view kShortOfResources = "53";
constexpr std::string_view kTooManyConnections = "53300";
constexpr std::string_view kDenied = "42501";

// What the attackers' and victims' sessions printed, as psql would show it.
struct Transcript {
  std::vector<std::string> lines;
  std::optional<Error> refusal;  // of all errors the one that tells most: what was denied, else the first
  std::string spoiled;           // why nothing can be said

  void print(std::string line) {
    while (line.ends_with('\n')) line.pop_back();
    if (lines.size() < kMostLines) lines.push_back(line.substr(0, kLongestLine));
  }
  void refuse(const Error& error) {
    print("ERROR: " + error.message);
    if (!refusal || (refusal->sqlstate != kDenied && error.sqlstate == kDenied)) refusal = error;
  }
};

// The server did not refuse, it lacked something, or was in somebody else's way.
bool says_nothing(const Attack& attack, const Error& error) {
  if (attack.kind == "availability" && error.sqlstate == kTooManyConnections) return false;  // the limit at work
  switch (error.code) {
    case ErrorCode::Unreachable:
    case ErrorCode::LockTimeout:
    case ErrorCode::OutOfSpace:
    case ErrorCode::Timeout:
    case ErrorCode::Cancelled: return true;
    // 08… in a session that lives is what a foreign server's door said.
    case ErrorCode::ConnectionLost: return !error.sqlstate.starts_with("08");
    default: return error.sqlstate == kSyntaxError || error.sqlstate.starts_with(kShortOfResources);
  }
}

bool is_copy_out(std::string_view statement) {
  return statement.starts_with("COPY ") && statement.ends_with("TO STDOUT");
}

// COPY … FROM STDIN would wait for ever.
Result<void> send(postgres::Connection& session, const std::string& statement, Transcript& to) {
  if (is_copy_out(statement))
    return session.copy_out(statement,
                            [&](std::string_view row) { to.print(std::string(row.substr(0, row.find('\n')))); });
  PGC_TRY(const auto rows, session.query(statement));
  for (int row = 0; row < rows.size(); ++row) {
    std::string line;
    for (int column = 0; column < rows.columns(); ++column) line.append(column ? "|" : "").append(rows.at(row, column));
    to.print(std::move(line));
  }
  return {};
}

class Run {
 public:
  Run(const Site& site, const Attack& attack) : site_(site), attack_(attack) {}

  Result<void> all() {
    for (const auto& step : attack_.steps) {
      if (step.who == Who::Undo) continue;
      if (step.who == Who::Setup ? !set_up(step) : !spoken(step)) break;
    }
    sessions_.clear();
    login_.reset();
    return undo();
  }
  const Transcript& transcript() const { return transcript_; }

 private:
  // An error here is no refusal: the attack was never tried.
  bool set_up(const AttackStep& step) {
    Transcript unseen;
    auto admin = administrator();
    if (!admin) return spoil(admin.error());
    for (const auto& statement : step.statements)
      if (auto sent = send(**admin, filled(statement, site_.words), unseen); !sent) return spoil(sent.error());
    return true;
  }

  // One step of an attacker or a victim. False: nothing more can be said.
  bool spoken(const AttackStep& step) {
    auto session = session_for(step);
    if (!session) return refused_at_the_door(session.error());
    if (step.one_message) {
      std::string message;
      for (const auto& statement : step.statements) message += filled(statement, site_.words) + ";";
      return heard(**session, (*session)->execute(message));
    }
    for (const auto& statement : step.statements)
      if (!heard(**session, send(**session, filled(statement, site_.words), transcript_))) return false;
    return true;
  }

  bool heard(postgres::Connection& session, const Result<void>& sent) {
    for (auto& notice : session.take_notices()) transcript_.print(std::move(notice));
    if (sent) return true;
    if (says_nothing(attack_, sent.error())) return spoil(sent.error());
    transcript_.refuse(sent.error());
    return true;
  }

  bool spoil(const Error& error) {
    if (transcript_.spoiled.empty()) transcript_.spoiled = error.describe();
    return false;
  }

  bool refused_at_the_door(const Error& error) {
    if (says_nothing(attack_, error)) return spoil(error);
    transcript_.refuse(error);
    return true;
  }

  Result<postgres::Connection*> administrator() {
    return session("admin", [&]() -> Result<postgres::Connection> {
      postgres::ConnectOptions options;
      options.application_name = "pgcontract attack";
      options.statement_timeout_ms = 15'000;
      return postgres::Connection::open(site_.admin, options);
    });
  }

  template <typename Open>
  Result<postgres::Connection*> session(const std::string& name, Open open) {
    const auto at = sessions_.find(name);
    if (at != sessions_.end() && !at->second.is_lost()) return &at->second;
    PGC_TRY(auto opened, open());
    return &sessions_.insert_or_assign(name, std::move(opened)).first->second;
  }

  Result<postgres::Connection*> checked_out(const std::string& name, const Login& login) {
    return session(name, [&]() -> Result<postgres::Connection> {
      PGC_TRY(auto opened, open_session(site_, login));
      PGC_CHECK(check_out(opened, login));
      return opened;
    });
  }

  // The pool hands out what it has for this login, whoever had it before.
  Result<postgres::Connection*> pooled(const Login& login, bool checkout) {
    PGC_TRY(auto* const found, session("pool " + login.user, [&] { return open_session(site_, login); }));
    if (checkout) PGC_CHECK(check_out(*found, login));
    return found;
  }

  Result<postgres::Connection*> fresh(const Login& login, const AttackStep& step) {
    if (step.again && login_) return &*login_;
    PGC_TRY(login_, open_session(site_, login, filled(step.options, site_.words)));
    return &*login_;
  }

  Result<postgres::Connection*> session_for(const AttackStep& step) {
    switch (step.who) {
      case Who::Setup:
      case Who::Undo:
      case Who::Observe: return administrator();
      case Who::TenantA: return checked_out("A", site_.pool_a);
      case Who::TenantB: return checked_out("B", site_.pool_b);
      case Who::LoginA: return fresh(site_.tenant_a, step);
      case Who::LoginB: return fresh(site_.tenant_b, step);
      case Who::PoolLogin: return fresh(site_.pool_a, step);
      case Who::Migrator: return fresh(site_.migrator, step);
      case Who::PooledA: return pooled(site_.pool_a, true);
      case Who::Release: return pooled(site_.pool_a, false);
      case Who::PooledB: return pooled(site_.pool_b, true);
      case Who::PooledBUnchecked: return pooled(site_.pool_b, false);
    }
    return fail(ErrorCode::Bug, "an attack's step is sent by nobody");
  }

  // What an attack's setup made must not stay for the next one, so a failure here is the site's end.
  Result<void> undo() {
    for (const auto& step : attack_.steps) {
      if (step.who != Who::Undo) continue;
      PGC_TRY(auto* const admin, administrator());
      for (const auto& statement : step.statements)
        if (auto done = admin->query(filled(statement, site_.words)); !done && transcript_.spoiled.empty())
          transcript_.spoiled = "undoing it: " + done.error().describe();
    }
    sessions_.clear();
    return {};
  }

  const Site& site_;
  const Attack& attack_;
  std::map<std::string, postgres::Connection> sessions_;
  std::optional<postgres::Connection> login_;
  Transcript transcript_;
};

}  // namespace

Result<AttackOutcome> run_attack(const Site& site, const Attack& attack, bool accepted) {
  Run run(site, attack);
  PGC_CHECK(run.all());
  const Transcript& transcript = run.transcript();
  AttackOutcome outcome{attack.id, attack.title, attack.kind, attack.clause, AttackResult::Refused, {}, {}, {}};
  outcome.promise = accepted ? fmt::format("accepted: {}; limited by: {}", attack.because, attack.limited_by)
                             : std::string("refused");
  const std::regex success(filled(attack.success, site.words));
  for (const auto& line : transcript.lines)
    if (std::regex_search(line, success)) {
      outcome.result = accepted ? AttackResult::Residual : AttackResult::Succeeded;
      outcome.answer = line;
      return outcome;
    }
  if (!transcript.spoiled.empty()) {
    // What is accepted anyway need not be tried on every server.
    outcome.result = accepted ? AttackResult::Residual : AttackResult::NotJudged;
    outcome.answer = (accepted ? "not tried: " : "") + transcript.spoiled;
  } else if (transcript.refusal) {
    // libpq puts the address before what the server said at the door.
    constexpr std::string_view kFatal = "FATAL:  ";
    const std::string& message = transcript.refusal->message;
    const auto at = message.rfind(kFatal);
    outcome.sqlstate = transcript.refusal->sqlstate;
    outcome.answer = at == std::string::npos ? message : message.substr(at + kFatal.size());
  } else {
    outcome.answer = "nothing of another tenant was seen or changed";
  }
  return outcome;
}

}  // namespace pgcontract::attack
