/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

/*
 * Preloaded into a server, counts its allocations: a 64-bit number in the
 * file that $MALLOC_COUNT names, which is shared memory, so that it can be
 * read while the server runs and the server does nothing for it.
 *
 * The C library's own names for its functions spare the search for them,
 * which would allocate itself.
 */

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static _Atomic uint64_t malloc_count_early;
static _Atomic uint64_t *malloc_count = &malloc_count_early;

static void __attribute__((constructor)) malloc_count_open(void)
{
	const char *path = getenv("MALLOC_COUNT");
	void *shared;
	int fd;

	if (path == NULL)
		return;
	fd = open(path, O_RDWR | O_CLOEXEC);
	shared = fd == -1 ? MAP_FAILED
			  : mmap(NULL, sizeof(*malloc_count),
				PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (shared == MAP_FAILED) {
		perror(path);
		_exit(1);
	}
	close(fd);
	malloc_count = shared;
	*malloc_count += malloc_count_early;
}

void *
malloc(size_t size)
{
	++*malloc_count;
	return __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	++*malloc_count;
	return __libc_calloc(n, size);
}

void *
realloc(void *old, size_t size)
{
	++*malloc_count;
	return __libc_realloc(old, size);
}

void *
reallocarray(void *old, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, bytes);
}

void *
memalign(size_t alignment, size_t size)
{
	++*malloc_count;
	return __libc_memalign(alignment, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int
posix_memalign(void **out, size_t alignment, size_t size)
{
	void *p = memalign(alignment, size);

	if (p == NULL)
		return ENOMEM;
	*out = p;
	return 0;
}
