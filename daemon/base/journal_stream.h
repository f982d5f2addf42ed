// SPDX-License-Identifier: Apache-2.0
#pragma once

/* systemd's journal as somebody's standard output. There, unless the unit says otherwise, the first
 * characters of a line may be its severity: "<0>..." is an emergency, which goes to all terminals.
 * A line of more than LineMax= (48 KiB) is cut, and what follows is read as another line; so these
 * characters must not be anywhere in what others have named. */

#include <stdbool.h>
#include <stddef.h>

/* What stands for the < of such a prefix: JSON's escape, and readable elsewhere. */
#define JOURNAL_STREAM_LESS "\\u003c"

/* Whether the descriptor leads to journald's socket for standard output, whoever connected it. */
bool journal_stream_is(int fd);

/* How many bytes come before the first severity: <N>, of one to three digits. */
size_t journal_stream_plain(const char *bytes, size_t size);
