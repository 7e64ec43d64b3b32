# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""forceenc-watch with a log and a store of its own."""

import time

from .daemon import Daemon

TLS = "{} TLS connection established to mx.d.example[192.0.2.1]:25: TLSv1.3 " \
      "with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)"


class Watcher(Daemon):
    program = "forceenc-watch"

    def __init__(self, folder, **options):
        (folder / "policy.cf").write_text("dbpath = policy.db\n")
        self.mail_log = folder / "mail.log"
        self.database = folder / "stats.db"
        self._id = 0
        super().__init__(folder, **{
            "forceenc_tables": "sqlite:policy.cf",
            "log": f"file:{self.mail_log}",
            "store": f"sqlite:{self.database}", **options})
        self.append("postfix/master[1]: daemon started -- version 3.7.11, "
                    "configuration /etc/postfix")

    def append(self, *texts):
        """Lines of Postfix, as rsyslog writes them now."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
        with open(self.mail_log, "a", encoding="utf-8") as log:
            for text in texts:
                log.write(f"{stamp} mail {text}\n")

    def deliver(self, service="postfix", level=None, status="sent (250 ok)"):
        """The lines of one delivery; level is Postfix's word for it."""
        self._id += 1
        queue_id = f"3FAD3AA{self._id:04X}"
        lines = [f"postfix/qmgr[10]: {queue_id}: from=<a@s.example>, "
                 "size=300, nrcpt=1 (queue active)"]
        if level is not None:
            lines.append(f"{service}/smtp[20]: " + TLS.format(level))
        lines += [
            f"{service}/smtp[20]: {queue_id}: to=<r@d.example>, "
            "relay=mx.d.example[192.0.2.1]:25, delay=2, delays=0/0/1/1, "
            f"dsn=2.0.0, status={status}",
            f"postfix/qmgr[10]: {queue_id}: removed"]
        self.append(*lines)
