// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Who started whom: the table by which records of built-in sources have `ancestors`
 * (bpf/lineage.bpf.h). The sources of one process share it, so that each fork is entered once:
 *
 *     source exec ---.                                .--- lineage_fork
 *     source open ---+--- lineages, renames, ... -----+--- lineage_rename, lineage_exit
 *     source exit ---'                                '--- lineage_iterate, every 10 s
 *
 * A kept source outlives the process, so it has a table of its own, and its own programs that fill
 * it.
 *
 * On the thread that does setup, which is never two at once (base/thread.h). */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct bpf_object;
struct object;

/* Whether the object has the maps of such a table. */
bool lineage_is_in(const struct object *object);
/* Chooses which of its programs such an object loads: those that fill its own table if it is kept,
 * otherwise none. Before object_load(). */
void lineage_choose(struct object *object, bool kept);

/* Loads the shared table, or counts one more who uses it. 0, or -errno and a sentence. */
int lineage_take(struct error *error);
/* Of each lineage_take() that returned 0. The last one takes the table away. */
void lineage_drop(void);
/* Lets an object that is about to be loaded use the shared table. 0, or -errno and a sentence. */
int lineage_share(struct bpf_object *fresh, struct error *error);
/* Attaches the programs that fill the shared table, unless they are. 0, or -errno and a sentence.
 */
int lineage_attach(struct error *error);
/* Enters the processes that there are into the table of a kept source, once. */
void lineage_enter(const struct object *object);
/* Reports what the table could not hold, if that has grown since. */
void lineage_report(void);
