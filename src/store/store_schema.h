/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_STORE_STORE_SCHEMA_H
#define FORCEENC_STORE_STORE_SCHEMA_H

/* The texts of etc/sql/stats-001.sql and those that follow, in their order,
 * NULL behind the last; the build makes store_schema.c of them. */
extern const char *const store_schema[];

/* The same of stats-pgsql-001.sql and so on. */
extern const char *const store_schema_pgsql[];

#endif
