/* SPDX-License-Identifier: ISC */
/* Copyright (c) 2026 The forceenc authors */

#ifndef FORCEENC_DB_POLICY_SCHEMA_H
#define FORCEENC_DB_POLICY_SCHEMA_H

/* The text of etc/sql/sqlite.sql; the build makes policy_schema.c of it. */
extern const char policy_schema_sql[];

#endif
