/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "forceenc-watch/mapped.h"

#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "forceenc/must.h"

static struct {
	bool taken;
	long page;
	struct sigaction before;
} mapped;

static _Thread_local volatile sig_atomic_t mapped_inside;
static _Thread_local volatile sig_atomic_t mapped_zeros;

/* A page of zeros takes the place of what is gone. */
static void
mapped_on_sigbus(int signo, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;

	(void)context;
	at -= at % (uintptr_t)mapped.page;
	if (mapped_inside && info->si_code == BUS_ADRERR &&
	    mmap((void *)at, (size_t)mapped.page, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
		mapped_zeros = 1;
		return;
	}
	/* It happens again, to those who are responsible. */
	sigaction(signo, &mapped.before, NULL);
}

void
mapped_begin(void)
{
	struct sigaction action = {
	    .sa_sigaction = mapped_on_sigbus, .sa_flags = SA_SIGINFO};

	if (!mapped.taken) {
		mapped.page = sysconf(_SC_PAGESIZE);
		MUST(mapped.page > 0);
		sigemptyset(&action.sa_mask);
		MUST(sigaction(SIGBUS, &action, &mapped.before) == 0);
		mapped.taken = true;
	}
	MUST(!mapped_inside);
	mapped_zeros = 0;
	mapped_inside = 1;
}

bool
mapped_missed(void)
{
	return mapped_zeros != 0;
}

void
mapped_end(void)
{
	mapped_inside = 0;
}
