// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Writing a capture file. Pieces of whole records go in one after the other; a piece is in the file
 * wholly or not at all. After each CAPTURE_CHECK_BYTES a checksum follows. */

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"

struct capture_writer;

/* An existing file must be an undamaged capture: a new section is appended to it. Only what a
 * killed writer left unfinished at its end is cut off first; *ret_cut is the number of those bytes.
 * A file belongs to one writer at a time: -EBUSY. The caller owns *ret_writer. 0, or -errno and a
 * sentence. */
int capture_writer_new(const char *path, struct error *error, uint64_t *ret_cut,
                       struct capture_writer **ret_writer);
/* Writes the end record and closes the file. Accepts NULL. */
void capture_writer_free(struct capture_writer *writer);
DEFINE_CLEANUP(struct capture_writer, capture_writer_free);

/* bytes: whole records, a multiple of 8. 0, or -errno and nothing of it is in the file: it may be
 * tried again. */
int capture_writer_put(struct capture_writer *writer, const void *bytes, size_t size);

/* The file's descriptor, which belongs to the writer. */
int capture_writer_fd(const struct capture_writer *writer);
/* Size of the file in bytes. Any thread. */
uint64_t capture_writer_size(const struct capture_writer *writer);
