/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#include "store/store_rows.h"

#include <stdlib.h>
#include <string.h>

#include "forceenc/mem.h"
#include "forceenc/must.h"

#define STORE_ROWS_DIGITS 256

void
store_rows_fini(struct store_rows *rows)
{
	free(rows->row);
	free(rows->spare);
	memset(rows, 0, sizeof(*rows));
}

static void
store_rows_cell(const void *arg, size_t row, int i, struct sqlite_cell *cell)
{
	const struct store_rows *rows = arg;

	MUST(i < STORE_ROWS_CELLS);
	cell->number = rows->row[row].cell[i];
}

void
store_rows_begin(struct store_rows *rows, size_t n)
{
	rows->n = 0;
	if (n <= rows->cap)
		return;
	rows->cap = n;
	rows->row = mem_resize(rows->row, n, sizeof(*rows->row));
	rows->spare = mem_resize(rows->spare, n, sizeof(*rows->spare));
}

struct store_row *
store_rows_add(struct store_rows *rows)
{
	MUST(rows->n < rows->cap);
	return &rows->row[rows->n++];
}

/* By one byte of one cell; rows that have the same stay in their order. */
static void
store_rows_sort_byte(struct store_rows *rows, size_t cell, unsigned shift)
{
	size_t at[STORE_ROWS_DIGITS] = {0}, i, sum = 0, n;
	struct store_row *other = rows->spare;
	unsigned digit;

	for (i = 0; i < rows->n; i++)
		at[rows->row[i].cell[cell] >> shift & 255]++;
	for (digit = 0; digit < STORE_ROWS_DIGITS; digit++) {
		n = at[digit];
		at[digit] = sum;
		sum += n;
	}
	for (i = 0; i < rows->n; i++) {
		digit = rows->row[i].cell[cell] >> shift & 255;
		other[at[digit]++] = rows->row[i];
	}
	rows->spare = rows->row;
	rows->row = other;
}

/* From the last byte that differs to the first one. */
void
store_rows_sort(struct store_rows *rows)
{
	size_t cell = STORE_ROWS_KEY, i;
	uint64_t differ;
	unsigned shift;

	while (cell-- > 0) {
		differ = 0;
		for (i = 1; i < rows->n; i++)
			differ |= (uint64_t)(rows->row[0].cell[cell] ^
			    rows->row[i].cell[cell]);
		for (shift = 0; shift < 64; shift += 8)
			if ((differ >> shift & 255) != 0)
				store_rows_sort_byte(rows, cell, shift);
	}
	rows->offered.cell = store_rows_cell;
	rows->offered.arg = rows;
	rows->offered.n = rows->n;
}
