// SPDX-License-Identifier: Apache-2.0
#pragma once

/* What the programs and libraries of processes call their addresses. A process is looked at again
 * after a second, as it may load a library, start another program, or end and give its number to
 * another one. Files are known by device, inode and time of change, and read once for all processes
 * that run them. Owned by one thread.
 *
 *     pid ──▶ /proc/PID/maps ──▶ file and offset ──▶ elf_symbols ──▶ "function+0x1f (libc.so.6)" */

#include <stdint.h>

#include "base/cleanup.h"

enum {
    USER_TEXT_PROCESSES_MAX = 64, /* that are remembered; the one not asked for longest gives way */
    USER_TEXT_FILES_MAX = 128,    /* the same of files */
    USER_TEXT_BYTES_MAX = 256 * 1024 * 1024, /* of the symbols of all files, but one */
    USER_TEXT_LOOK_AGAIN_S = 1,
};

struct process_opener;
struct user_text;

/* The opener stays the caller's and must outlive it. NULL: out of memory. */
struct user_text *user_text_new(struct process_opener *opener);
/* Accepts NULL. */
void user_text_free(struct user_text *text);
DEFINE_CLEANUP(struct user_text, user_text_free);

/* As elf_symbols_find(), of an address of that process. -ENOENT: it has no code of a file that can
 * be read there; -EACCES: this process may not look at that one; -ESRCH: that one has ended;
 * another errno: it could not be found out now. */
int user_text_find(struct user_text *text, uint32_t pid, uint64_t address, char *name,
                   uint32_t room);
