// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The commands of `ringmill`, one file each. argv begins with "ringmill NAME", by which messages
 * about options name the command. Main thread, once in a process. */

#include <jansson.h>
#include <stdio.h>

#include "control/daemon.h"

/* Rows of many machines, with their sketches, to rows of all. */
enum exit_code command_merge(int argc, char **argv);

/* Watches a ring without disturbing its consumer. */
enum exit_code command_observe(int argc, char **argv);

/* Releases the programs and rings that outlive the daemon. */
enum exit_code command_release(int argc, char **argv);

/* Makes the running daemon reload its config, and waits for the outcome. */
enum exit_code command_reload(int argc, char **argv);

/* The records of a capture through a config's pipelines. */
enum exit_code command_replay(int argc, char **argv);

/* One source to standard output, without a config file. */
enum exit_code command_run(int argc, char **argv);

/* The layout of a type, or which types there are. EXIT_CODE_ENVIRONMENT: no such file or map, or it
 * has no types; EXIT_CODE_CONFIG: it has no such type. */
enum exit_code command_schema(int argc, char **argv);

/* The state of the running daemon. EXIT_CODE_FAILED: it is unhealthy; EXIT_CODE_ENVIRONMENT: no
 * daemon answers. */
enum exit_code command_status(int argc, char **argv);

/* Prints what people want to know of a status (docs/openapi.yaml): the verdict first, then sources,
 * pipelines and sinks. Whatever is missing in the object prints as 0 or "". */
void status_print(const json_t *status, FILE *file);
