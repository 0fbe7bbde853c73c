#pragma once
// Child programs: Alembic, seeds, initdb, psql. Arguments and environment never carry a secret: a secret goes through
// an anonymous memory file that the child inherits (see Inherited). Every wait has a deadline and ends when the user
// aborts; a child that outlives it is killed with its process group.

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/secret.hpp"

namespace pgcontract {

struct ProcessRequest {
  std::vector<std::string> arguments;              // argv; [0] is looked up in PATH
  std::map<std::string, std::string> environment;  // added to ours
  std::vector<std::string> environment_removed;    // names taken out of ours
  std::string directory;                           // working directory; empty: ours
  std::string user;                                // run as this user (needs root); empty: as we are
  // A file only the child can read, holding this secret: its path ("/proc/self/fd/N") is put into the environment
  // under `secret_variable`. It never exists on a disk.
  SecretString secret;
  std::string secret_variable;
  // The same for a file that holds no secret but must not be changed by others (psql's start-up file).
  std::string start_file;
  std::string start_file_variable;
  int deadline_ms = 600'000;
  std::function<void(std::string_view line)> on_line;  // each line of stdout and stderr as it comes
};

struct ProcessResult {
  int exit_code = 0;         // 128 + signal where it was killed
  std::string output;        // stdout
  std::string error_output;  // stderr
};

// Runs to the end. An exit code other than 0 is not an Error here: the caller knows what it means.
Result<ProcessResult> run_process(const ProcessRequest& request);

// A child whose stdout goes to whoever asks for it, as it comes: a dump on its way to a store. Its process group is
// killed when it dies first. It ends with the thread that started it, so that one serves it to its end.
class StreamedProcess {
 public:
  static Result<StreamedProcess> start(const ProcessRequest& request);
  StreamedProcess(StreamedProcess&&) noexcept;
  StreamedProcess& operator=(StreamedProcess&&) = delete;
  ~StreamedProcess();
  // Some bytes of stdout; 0: it closed it. `request.deadline_ms` bounds each wait for more.
  Result<std::size_t> read(std::span<char> into);
  // Waits for its end; once.
  Result<ProcessResult> finish();

 private:
  struct State;
  explicit StreamedProcess(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Replaces this process (psql). Returns only on failure.
Result<void> exec_process(const ProcessRequest& request);

// The full path of a program in PATH, or empty.
std::string find_program(const std::string& name);
// The Python that a script runs with: the one that its first line names, else "python3".
std::string python_of(const std::string& script);

}  // namespace pgcontract
