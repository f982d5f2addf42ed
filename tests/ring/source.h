// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A producer for the checklist: the fake ring, or a real one that a BPF program writes to. A test
 * does not see the difference. Any thread may write. */

#include <ringmill/ring.h>
#include <stdbool.h>
#include <stdint.h>

struct source;

/* Exits with 77 (skipped) when a real ring cannot be had here. */
struct source *source_new(bool live, uint64_t size, uint64_t start);
void source_free(struct source *source);

bool source_is_live(const struct source *source);
/* Only of a fake one. */
struct fake *source_fake(struct source *source);
/* Only of a live one. */
int source_map_fd(struct source *source);

/* flags: 0, or those of the kernel: BPF_RB_NO_WAKEUP 1, BPF_RB_FORCE_WAKEUP 2. False: lost. Bytes
 * beyond the 64th are left to chance. */
bool source_write(struct source *source, const void *bytes, uint32_t length, int flags);
bool source_discard(struct source *source, uint32_t length, int flags);

struct ringmill_ring *source_open(struct source *source);
/* The same in a reader that never rechecks. */
struct ringmill_reader *source_reader(struct source *source, struct ringmill_ring **ret_ring);
