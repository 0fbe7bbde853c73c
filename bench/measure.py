#!/usr/bin/env python3
"""Runs a program several times and prints one line: fastest, median and 95th percentile in seconds, peak memory in MB,
seconds of CPU (user and system, of its children too; the median).

    bench/measure.py RUNS PROGRAM [ARGUMENT...]

Process start is included, standard output is thrown away. A run that fails ends the measurement: a figure for work that
was not done would be worse than none.
"""

import os
import statistics
import subprocess
import sys
import time


def run_once(arguments):
    start = time.perf_counter()
    child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"measure: {' '.join(arguments)} ended with {child.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1024, usage.ru_utime + usage.ru_stime  # kB on Linux


def main():
    runs = [run_once(sys.argv[2:]) for _ in range(int(sys.argv[1]))]
    seconds = sorted(run[0] for run in runs)
    p95 = seconds[max(0, -(-len(seconds) * 95 // 100) - 1)]
    print(f"{seconds[0]:.3f} {statistics.median(seconds):.3f} {p95:.3f} {max(run[1] for run in runs):.0f}"
          f" {statistics.median(run[2] for run in runs):.2f}")


main()
