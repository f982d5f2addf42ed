// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/setting.h"
#include "record/handler.h"

enum { ENRICH_LABELS_MAX = 32 };

/* enrich: {labels: {site: berlin}, host: true, machine_id: true, table: {file: hosts.csv, key:
 * saddr, by: ip, add: [team]}} adds fields: the same to all records, or looked up for each. */
extern const struct handler_ops enrich_ops;

/* The keys of `table:`, for the manual. */
extern const struct setting enrich_table_settings[];
