// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The built-in handlers. A new one is a file, a line here and a row in pipeline/handlers.c. */

#include "config/setting.h"
#include "record/handler.h"

/* filter: EXPRESSION keeps the records for which the condition holds. */
extern const struct handler_ops filter_ops;

/* limit: {count: N} lets the first N records of each source through and no more; then it is
 * exhausted. limit: {rate: 100/s} lets so many through in so much time; with by:, so many of each
 * key. */
extern const struct handler_ops limit_ops;

/* sample: {rate: N} lets one record in N through, by chance; with by:, one key in N, and then all
 * records of that key. Each carries in _weight how many it stands for. */
extern const struct handler_ops sample_ops;

/* dedup: {by: [uid, filename], window: 10s} lets the first record of a key through and suppresses
 * its repeats until the window has passed; the next one then carries their number in _suppressed.
 */
extern const struct handler_ops dedup_ops;

/* select: {keep: [...], drop: [...], rename: {old: new}, compute: {name: EXPRESSION}} says which
 * fields a record has from here on. All parts see it as it comes in. What is kept comes first, in
 * the order of keep, or else as it was; computed fields follow, but for those that take the place
 * of a field of the same name. */
extern const struct handler_ops select_ops;

/* redact: {fields: {args: drop, comm: mask, filename: hash}, key_file: PATH} makes values
 * unreadable: gone, as stars, or as a keyed hash that only shows which are the same. */
extern const struct handler_ops redact_ops;

/* enrich: {labels: {site: berlin}, host: true, machine_id: true, table: {file: hosts.csv, key:
 * saddr, by: ip, add: [team]}} adds fields: the same to all records, or looked up for each. */
extern const struct handler_ops enrich_ops;

/* tee: {handlers: [...]} sends a copy of each record through a branch of its own; the record itself
 * goes on as if nothing had happened. */
extern const struct handler_ops tee_ops;

/* route: [{when: CONDITION, handlers: [...]}, ..., {handlers: [...]}] sends each record into the
 * first branch whose condition holds; the last one may have none and takes the rest. What no branch
 * takes is filtered. */
extern const struct handler_ops route_ops;

/* aggregate: counts, sums and sketches of groups of records over windows; see docs/aggregation.md.
 */
extern const struct handler_ops aggregate_ops;

/* forward: SINK, or a list of sinks: encodes each record in place into every sink's lane. What
 * comes next in the pipeline still sees the record. */
extern const struct handler_ops forward_ops;

/* The keys of `table:` of enrich, for the manual. */
extern const struct setting enrich_table_settings[];
