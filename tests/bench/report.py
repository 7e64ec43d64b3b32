# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The forceenc authors

"""Figures and goals side by side, for people."""

GOAL_RATIO = 0.85
GOAL_CPU_US = 5.0
GOAL_AT_ONCE_MS = 50.0
GOAL_TURN_MS = 50.0
GOAL_SENDER_BYTES = 100.0
QUIET = 0.02  # share of the time that other programs may take


def verdict(reached, by_baseline=True):
    if reached:
        return "reached"
    return "MISSED" if by_baseline else "missed by both"


def table(heads, rows):
    """Right-aligned columns; the first one is left-aligned."""
    cells = [heads, *rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    lines = []
    for row in cells:
        parts = [row[0].ljust(widths[0])]
        parts += [c.rjust(w) for c, w in zip(row[1:], widths[1:])]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def speed(rows, baseline, subject):
    heads = [
        "case", "conns", f"{baseline}/s", f"{subject}/s", "ratio",
        "(quartiles)", f"goal {GOAL_RATIO}", "p50 us", "ratio", "p99 us",
        "ratio", "CPU us", baseline, "ratio", "busy", baseline,
    ]
    out = []
    for r in rows:
        a, b = r["baseline"], r["subject"]
        out.append([
            f"{r['transport']} {r['keys']}",
            str(r["connections"]),
            f"{a['per_second']:.0f}",
            f"{b['per_second']:.0f}",
            f"{r['ratio']:.2f}",
            "({:.2f}-{:.2f})".format(*r["ratio_quartiles"]),
            verdict(r["ratio"] >= GOAL_RATIO),
            f"{b['p50_us']:.0f}",
            f"{r['p50_ratio']:.2f}",
            f"{b['p99_us']:.0f}",
            f"{r['p99_ratio']:.2f}",
            f"{b['cpu_us']:.2f}",
            f"{a['cpu_us']:.2f}",
            f"{r['cpu_ratio']:.2f}",
            f"{b['busy']:.0%}",
            f"{a['busy']:.0%}",
        ])
    return table(heads, out)


def figures(results):
    """Rows of (what, figure, goal, verdict)."""
    out = [["figure", "measured", "goal", "verdict"]]
    rows = results["speed"]
    least = min(r["ratio"] for r in rows)
    out.append([
        "lookups/s, least ratio to the baseline", f"{least:.2f}",
        f">= {GOAL_RATIO}", verdict(least >= GOAL_RATIO),
    ])
    for n in sorted({r["connections"] for r in rows}):
        some = [
            r for r in rows
            if r["transport"] == "unix" and r["connections"] == n
        ]
        worst = max(some, key=lambda r: r["subject"]["cpu_us"])
        cpu = worst["subject"]["cpu_us"]
        out.append([
            f"CPU for a request over unix, {n} connections",
            f"{cpu:.2f} us (baseline"
            f" {worst['baseline']['cpu_us']:.2f})",
            f"<= {GOAL_CPU_US:.0f} us",
            verdict(cpu <= GOAL_CPU_US,
                    worst["baseline"]["cpu_us"] <= GOAL_CPU_US),
        ])
    for r in results["at_once"]:
        out.append([
            f"{r['connections']} connections at once over {r['transport']}",
            f"{r['subject_ms']:.1f} ms, worst {r['subject_worst_ms']:.1f}"
            f" (baseline {r['baseline_ms']:.1f})",
            f"<= {GOAL_AT_ONCE_MS:.0f} ms",
            verdict(r["subject_worst_ms"] <= GOAL_AT_ONCE_MS),
        ])
    if "turns" in results:
        t = results["turns"]
        out.append([
            f"the loop's longest turn, {t['clients']} clients with"
            f" {t['questions']} questions in one piece",
            f"{t['longest_ms']:.1f} ms (p99 {t['p99_ms']:.1f})",
            f"< {GOAL_TURN_MS:.0f} ms",
            verdict(t["longest_ms"] < GOAL_TURN_MS),
        ])
    if "memory" in results:
        m = results["memory"]
        extra = m["bytes_per_sender"] - m["address_bytes"]
        out.append([
            f"memory for a cached sender, of {m['senders']}",
            f"{m['bytes_per_sender']:.1f} bytes"
            f" = address + {extra:.1f}",
            f"address + {GOAL_SENDER_BYTES:.0f}",
            verdict(extra <= GOAL_SENDER_BYTES),
        ])
    if "fill" in results:
        out.append([
            "first look-ups of a sender (misses)",
            f"{results['fill']['per_second']:.0f}/s", "", "",
        ])
    a = results["allocations"]
    out.append([
        f"allocations of {a['requests']} hits", str(a["more"]), "0",
        verdict(a["more"] == 0),
    ])
    for r in results["restart"]:
        out.append([
            f"{r['restarts']} restarts under load over {r['transport']}:"
            " refused, lost",
            f"{r['refused']}, {r['lost']} of {r['asked']} (resent"
            f" {r['resent']}, longest wait {r['max_us'] / 1000:.0f} ms)",
            "0, 0", verdict(r["refused"] == 0 and r["lost"] == 0),
        ])
    return table(out[0], out[1:])


def disturbance(rows):
    """How far the figures can be trusted."""
    robbed = max(r[side]["robbed"] for r in rows
                 for side in ("baseline", "subject"))
    text = f"Other programs took up to {robbed:.0%} of the servers' core."
    if robbed > QUIET:
        text += " That is too much: measure again on an idle machine."
    return text
