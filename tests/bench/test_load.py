#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""The load generator must see what a bad server does to it."""

import json
import os
import socket
import subprocess
import tempfile
import threading
import unittest

LOAD = os.path.join(os.environ["abs_top_builddir"], "tests/bench/load")
FOUND = b"12:OK forceenc:,"
ABSENT = b"9:NOTFOUND ,"


def right(frame):
    return FOUND if b" user" in frame else ABSENT


class Server:
    """Answers each question with what answer(frame) returns: bytes, or None
    to hang up. After that many answers (if any) a connection is closed."""

    def __init__(self, folder, answer, answers_each=None):
        self.path = os.path.join(folder, "socket")
        self.answer = answer
        self.answers_each = answers_each
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            conn, _ = self.listener.accept()
            threading.Thread(
                target=self._serve, args=(conn,), daemon=True).start()

    def _serve(self, conn):
        served = 0
        with conn:
            while frame := conn.recv(4096):
                answer = self.answer(frame)
                if answer is None:
                    return
                # In two pieces: answers may arrive so.
                conn.sendall(answer[:5])
                conn.sendall(answer[5:])
                served += 1
                if served == self.answers_each:
                    return


class LoadTest(unittest.TestCase):
    def load(self, answer, *flags, answers_each=None):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(folder, answer, answers_each)
            return self.run_load(server.path, *flags)

    def run_load(self, path, *flags):
        done = subprocess.run(
            [LOAD, "--server", f"unix:{path}", "--requests", "100",
             "--connections", "4", *flags],
            stdout=subprocess.PIPE, timeout=30, check=False)
        return done.returncode, json.loads(done.stdout)

    def test_right_answers(self):
        status, out = self.load(right)
        self.assertEqual(status, 0)
        self.assertEqual(
            [out[k] for k in ("asked", "answered", "counted")], [100] * 3)
        self.assertEqual(
            [out[k] for k in ("wrong", "refused", "resent", "lost")], [0] * 4)
        self.assertTrue(20 < out["found"] < 80, out)
        self.assertTrue(0 < out["p50_us"] <= out["p99_us"] <= out["max_us"])

    def test_wrong_answers(self):
        for answer in (
            FOUND, ABSENT, b"4:TEMP,", b"11:OK forceenc:,", b"OK forceenc:",
            b"12:OK forceenc:;", FOUND + FOUND, b"99999:OK",
        ):
            with self.subTest(answer=answer):
                status, out = self.load(lambda _, a=answer: a)
                self.assertEqual(status, 1)
                self.assertGreater(out["wrong"], 0)
                self.assertIn("wanted", out["first_wrong"])

    def test_echo_wants_one_answer(self):
        self.assertEqual(self.load(lambda _: FOUND, "--echo")[0], 0)
        self.assertEqual(self.load(right, "--echo")[0], 1)

    def test_hung_up_on(self):
        status, out = self.load(lambda _: None)
        self.assertEqual(status, 1)
        self.assertEqual((out["resent"], out["lost"]), (0, 100))

    def test_hung_up_on_twice(self):
        status, out = self.load(lambda _: None, "--reconnect")
        self.assertEqual(status, 1)
        self.assertEqual((out["resent"], out["lost"]), (100, 100))

    def test_reconnects(self):
        """Whether the end of a connection is seen before or after the next
        question, none of them is lost."""
        status, out = self.load(right, "--reconnect", answers_each=5)
        self.assertEqual(status, 0, out)
        self.assertEqual((out["answered"], out["lost"]), (100, 0))
        self.assertGreater(out["resent"], 0)

    def test_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "nobody")
            status, out = self.run_load(path, "--reconnect")
        self.assertEqual(status, 1)
        self.assertEqual(
            [out[k] for k in ("refused", "lost", "resent", "answered")],
            [100, 100, 0, 0])

    def test_all_at_once(self):
        status, out = self.load(right, "--all-at-once")
        self.assertEqual(status, 0)
        self.assertEqual(out["answered"], 4)
        self.assertLessEqual(out["max_us"], out["wall_s"] * 1e6 + 1)


if __name__ == "__main__":
    unittest.main()
