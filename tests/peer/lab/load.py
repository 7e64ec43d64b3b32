# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Clients that ask all the while something else happens."""

import threading
import time


class Load:
    """Threads that ask in closed loops. Each question has a known answer;
    every wrong one, every close and every refused connection is kept.

        with Load(make_client, {"alice@example.com": b"..."}) as load:
            ...
        load.check()

    patient clients may be closed upon between two questions, as Postfix may.
    """

    def __init__(self, make_client, answers, threads=4, patient=False):
        self._make = make_client
        self._answers = list(answers.items())
        self._patient = patient
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self.asked = 0
        self.longest = 0.0
        self.failures = []
        self._threads = [threading.Thread(target=self._run, daemon=True)
                         for _ in range(threads)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        self.wait_for(len(self._threads))
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self):
        try:
            with self._make() as client:
                ask = client.ask_patiently if self._patient else client.ask
                while not self._stop.is_set():
                    self._turn(ask)
        except Exception as failure:
            # Whatever it is, it's the test's to report.
            with self._changed:
                self.failures.append(repr(failure))
                self._changed.notify_all()

    def _turn(self, ask):
        for key, answer in self._answers:
            began = time.monotonic()
            reply = ask(key)
            took = time.monotonic() - began
            with self._changed:
                self.asked += 1
                self.longest = max(self.longest, took)
                if reply != answer:
                    self.failures.append(f"{key}: {reply!r}")
                self._changed.notify_all()

    def wait_for(self, more):
        """Until so many more questions are answered."""
        with self._changed:
            goal = self.asked + more
            self._changed.wait_for(
                lambda: self.asked >= goal or self.failures, 20)
            assert self.asked >= goal or self.failures, "nobody answers"

    def check(self, longest=2.0):
        """Nothing was lost or wrong, and nobody waited longer, in seconds,
        than Postfix could stand."""
        assert not self.failures, self.failures[:10]
        assert self.asked > 0
        assert self.longest < longest, f"{self.longest} s for one answer"
