// SPDX-License-Identifier: Apache-2.0

/* What all kinds of sources share: the registry, the choice of a kind, and the source name in front
 * of sentences. A new kind is a file pair and a row here. */

#include "source/source.h"

#include <errno.h>
#include <ringmill/ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/suggestion.h"
#include "source/builtin.h"
#include "source/keep.h"
#include "source/kind.h"
#include "source/object_source.h"

const struct source_kind *const source_kinds[] = {
    &source_builtin, &source_object, &source_map, &source_capture, NULL,
};

DEFINE_CLEANUP(struct source, source_free);

/* ---- which kind ------------------------------------------------------------------------------ */

/* Reports a misspelt key, which is more helpful than a missing one. */
static void refuse_kindless(const struct config_node *config, struct diag *diag)
{
    const struct config_node *entry = config->first;
    struct suggestion suggestion;

    do {
        suggestion_init(&suggestion, entry ? entry->key : "");
        for (const struct source_kind *const *kind = source_kinds; *kind; kind++)
            suggestion_offer(&suggestion, (*kind)->name);
        if (*suggestion.best) {
            diag_add_key(diag, entry, "unknown key; a source needs one of the keys %s%s",
                         suggestion.list, suggestion_question(&suggestion));
            return;
        }
        entry = entry ? entry->next : NULL;
    } while (entry);
    diag_add(diag, config,
             "the source does not say where records come from; add one of the keys %s",
             suggestion.list);
}

/* The kind that the keys select; NULL after a message. */
static const struct source_kind *find_kind(const struct config_node *config, struct diag *diag)
{
    static const struct setting no_settings[] = {{0}};
    const struct source_kind *found = NULL;

    if (config->kind != CONFIG_MAP) {
        setting_bind(no_settings, config, NULL, diag); /* reports what was found instead of a map */
        return NULL;
    }
    for (const struct source_kind *const *kind = source_kinds; *kind; kind++) {
        const struct config_node *entry = config_map_get(config, (*kind)->name);

        if (!entry)
            continue;
        if (found) {
            diag_add_key(diag, entry, "\"%s\" and \"%s\" cannot be used together in one source",
                         found->name, (*kind)->name);
            return NULL;
        }
        found = *kind;
    }
    if (!found)
        refuse_kindless(config, diag);
    return found;
}

static size_t bind(const struct source_kind *kind, const struct config_node *config, void *target,
                   struct diag *diag)
{
    struct setting_table tables[4] = {{kind->settings, target}};
    size_t count = 1;

    if (kind->ring_settings)
        tables[count++] =
            (struct setting_table){kind->ring_settings, (char *)target + kind->ring_offset};
    if (kind->further)
        tables[count++] = kind->further(config, target);
    if (kind->keep_offset > 0)
        tables[count++] = (struct setting_table){keep_settings, (char *)target + kind->keep_offset};
    return setting_bind_tables(tables, count, config, diag);
}

/* ---- its life -------------------------------------------------------------------------------- */

int source_open(const struct config_node *config, struct diag *diag, struct source **ret)
{
    _cleanup_(cleanup_source_free) struct source *source = calloc(1, sizeof(*source));
    const struct source_kind *kind = find_kind(config, diag);
    int result;

    if (!source)
        return -ENOMEM;
    if (!kind)
        return -EINVAL;
    source->name = config->key;
    source->config = calloc(1, kind->config_size + 1);
    if (!source->config)
        return -ENOMEM;
    if (bind(kind, config, source->config, diag) > 0)
        return -EINVAL;
    source->kind = kind;
    result = kind->open(source, config, diag);
    if (result < 0)
        return result;
    *ret = TAKE_PTR(source);
    return 0;
}

void source_free(struct source *source)
{
    if (!source)
        return;
    if (source->kind && source->kind->close)
        source->kind->close(source);
    streams_free(source->streams, source->n_streams);
    free(source->config);
    free(source);
}

static int name_source(const struct source *source, int result, struct error *error)
{
    if (result < 0)
        error_prefix(error, "source %s", source->name);
    return result;
}

int source_load(struct source *source, struct error *error)
{
    return source->kind->load ? name_source(source, source->kind->load(source, error), error) : 0;
}

int source_attach(struct source *source, struct error *error)
{
    return source->kind->attach ? name_source(source, source->kind->attach(source, error), error)
                                : 0;
}

void source_detach(struct source *source)
{
    if (source->kind->detach)
        source->kind->detach(source);
}

void source_leave(struct source *source)
{
    if (source->kind->leave)
        source->kind->leave(source);
}

void source_release(struct source *source)
{
    if (source->kind->release)
        source->kind->release(source);
}

void source_follow(struct source *source, const struct source *previous)
{
    if (source->kind->follow)
        source->kind->follow(source, previous);
}

void source_take_over(struct source *source)
{
    if (source->kind->take_over)
        source->kind->take_over(source);
}

void source_undo(struct source *source)
{
    if (source->kind->undo) {
        source->kind->undo(source);
        return;
    }
    source_detach(source);
    source_release(source);
}

int source_lost(const struct source *source, uint32_t stream, struct lost_count *ret_count)
{
    return source->kind->lost(source, stream, ret_count);
}

int source_skipped(const struct source *source, uint64_t *ret_skipped)
{
    return source->kind->skipped ? source->kind->skipped(source, ret_skipped) : -ENOTSUP;
}

int source_forgotten(const struct source *source, uint64_t *ret_forgotten)
{
    return source->kind->forgotten ? source->kind->forgotten(source, ret_forgotten) : -ENOTSUP;
}

int source_open_ring(const struct source *source, uint32_t stream, uint32_t ring,
                     struct error *error, struct ringmill_ring **ret_ring)
{
    struct ringmill_error reason;
    int result = source->kind->open_ring(source, stream, ring, &reason, ret_ring);

    return result < 0 ? error_set(error, result, "source %s: %s", source->name, reason.text) : 0;
}

struct ring_bounds *source_ring_bounds(const struct source *source, uint32_t stream, uint32_t ring)
{
    return source->kind->ring_bounds ? source->kind->ring_bounds(source, stream, ring) : NULL;
}

const char *source_program(const struct source *source, uint32_t index)
{
    return source->kind->program ? source->kind->program(source, index) : NULL;
}

int source_end_error(const struct source *source, uint64_t position, struct error *error)
{
    return source->kind->end_error
               ? name_source(source, source->kind->end_error(source, position, error), error)
               : 0;
}
