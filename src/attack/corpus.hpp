#pragma once
// The attacks as data: corpus/<ID>.attack, embedded by the build. A file says who sends which statements, what shows
// that the attack has succeeded, and what the design promises; doc/attacks.md describes the format. Parsed at the first
// call, kept as long as the program lives; pure; any thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/attack.hpp"

namespace pgcontract::attack {

// Who sends a step's statements. A session stays open to the end of its attack; those named a login are opened anew.
enum class Who {
  Setup,             // the administrator, beforehand: an error means that the attack cannot be judged
  Observe,           // the administrator, as a victim or a witness
  Undo,              // the administrator, afterwards, whatever came of it
  TenantA,           // the attacker after checkout
  TenantB,           // the victim after checkout
  LoginA,            // the tenant's own role, without checkout
  LoginB,            //
  PoolLogin,         // the login that the pool opens for tenant A, without checkout
  Migrator,          //
  PooledA,           // the pool's session, checked out by A
  Release,           // what is sent when A gives it back
  PooledB,           // the session the pool then has for B: the same one where the login is the same
  PooledBUnchecked,  // likewise, with the checkout forgotten
};

struct AttackStep {
  Who who = Who::TenantA;
  std::string options;       // of the startup packet: "-c role={B}"
  bool one_message = false;  // all statements in one simple-protocol message
  bool again = false;        // the pool login's session of the step before
  std::vector<std::string> statements;
};

struct Attack {
  enum class Residual { Never, Always, Before, InStandard };
  std::string id;
  std::string title;
  std::string kind;
  std::string clause;
  std::string rule;
  Residual residual = Residual::Never;
  int residual_before = 0;  // major version, with Residual::Before
  std::string because;      // why it is accepted
  std::string limited_by;
  std::string naive;    // how the naive design of test/attack/naive.sql fares: succeeds, refused, "succeeds before 16"
  std::string success;  // a regular expression on what the sessions printed
  std::vector<AttackStep> steps;

  bool accepted(int server_version_num, std::string_view profile) const;
};

Result<Attack> parse_attack(std::string_view id, std::string_view text);
const std::vector<Attack>& corpus();
std::string_view corpus_sha256();

// {A}, {SB} … with their values. Braces that name nothing known stay, since regular expressions have them too.
using Words = std::map<std::string, std::string, std::less<>>;
std::string filled(std::string_view text, const Words& words);

}  // namespace pgcontract::attack
