/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_WATCH_JOURNAL_TREE_H
#define FORCEENC_WATCH_JOURNAL_TREE_H

/*
 * Where the library looks for the files of a journal: in a folder, and in
 * those of machines in it.
 */

/* at is the folder's descriptor, name a file's in it; NULL: a folder that may
 * not be read. */
typedef void journal_tree_fn(int at, const char *name, void *arg);

/* NULL: this machine's own. */
void journal_tree_each(const char *folder, journal_tree_fn *, void *arg);

#endif
