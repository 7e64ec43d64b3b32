# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Every way in which forceencd can be asked, served by one daemon."""

from . import net
from .clients import Socketmap, Tcp

NAMES = ["socketmap-inet", "socketmap-inet6", "socketmap-unix",
         "tcp-inet", "tcp-unix"]

HAS_INET6 = net.has_inet6()


class Endpoints:
    def __init__(self, folder):
        self.at = {
            "socketmap-inet": f"inet:{net.host(1)}:9999",
            "socketmap-unix": f"unix:{folder}/lookup",
            "tcp-inet": f"inet:{net.host(1)}:9998",
            "tcp-unix": f"unix:{folder}/lookup-tcp",
        }
        if HAS_INET6:
            self.at["socketmap-inet6"] = f"inet:[::1]:{net.free_port('::1')}"

    def options(self, table="forceenc"):
        """The lines of forceenc.cf."""
        socketmap = [e for n, e in self.at.items() if n[0] == "s"]
        tcp = [f"{table}={e}" for n, e in self.at.items() if n[0] == "t"]
        return {"socketmap_listen": ", ".join(socketmap),
                "tcp_table_listen": ", ".join(tcp)}

    def kind(self, name):
        return Tcp if name.startswith("tcp") else Socketmap

    def client(self, name="socketmap-inet", **options):
        return self.kind(name)(self.at[name], **options)

    def client_like(self, other):
        """A new connection to where other is connected."""
        return type(other)(other.endpoint)
