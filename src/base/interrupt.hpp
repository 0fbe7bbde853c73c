#pragma once
// SIGINT and SIGTERM as values. The first asks to stop: commands that change things finish the step at hand ("drain"),
// the others end at once. The second always aborts. Process-wide, as signals are; install() once, from main().

namespace pgcontract::interrupt {

void install();
// From here on the first signal drains instead of aborting. Set by commands that change a cluster.
void drain_first(bool enabled);
bool stop_requested();   // stop at the next safe point
bool abort_requested();  // give up what is being waited for
int abort_fd();          // readable once abort_requested(); for poll(); -1 before install()

}  // namespace pgcontract::interrupt
