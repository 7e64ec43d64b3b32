/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc/self.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include "config.h"

static double
self_seconds(const struct timeval *tv)
{
	return (double)tv->tv_sec + (double)tv->tv_usec / 1e6;
}

/* 0 where there is no /proc. */
static uint64_t
self_resident(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	unsigned long all, resident = 0;

	if (file == NULL)
		return 0;
	if (fscanf(file, "%lu %lu", &all, &resident) != 2)
		resident = 0;
	fclose(file);
	return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

void
self_write(struct prometheus *page, const char *program, uint64_t started)
{
	struct rusage usage;
	struct rlimit limit;

	prometheus_family(page, PROMETHEUS_GAUGE, "forceenc_build_info",
	    "Always 1; the labels say which program of which version.");
	prometheus_label(page, "program", program);
	prometheus_label(page, "version", PACKAGE_VERSION);
	prometheus_count(page, 1);
	prometheus_family(page, PROMETHEUS_GAUGE, "process_start_time_seconds",
	    "When it was started, in seconds since the epoch.");
	prometheus_real(page, (double)started / 1000);
	if (getrusage(RUSAGE_SELF, &usage) == 0) {
		prometheus_family(page, PROMETHEUS_COUNTER,
		    "process_cpu_seconds_total", "CPU time that it has used.");
		prometheus_real(page,
		    self_seconds(&usage.ru_utime) +
			self_seconds(&usage.ru_stime));
	}
	prometheus_gauge(page, "process_resident_memory_bytes",
	    "Memory that it has in use.", self_resident());
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		prometheus_gauge(page, "process_max_fds",
		    "How many files and sockets it may have open.",
		    (uint64_t)limit.rlim_cur);
}
