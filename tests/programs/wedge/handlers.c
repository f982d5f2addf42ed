// SPDX-License-Identifier: Apache-2.0

/* The registry of ringmilld-wedge: ringmilld with one handler more, for tests. `wedge: PATH` keeps
 * each batch as long as the file exists; if a number stands in it, for so many milliseconds. Its
 * opening waits as long as there is a file PATH.open. */

#include "pipeline/handlers.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/builtin_handlers.h"

struct wedge {
    struct handler base;
    char *path;
};

static const struct handler_ops wedge_ops;

static void wait_gone(const char *path)
{
    char name[PATH_MAX];

    snprintf(name, sizeof(name), "%s.open", path);
    while (access(name, F_OK) == 0)
        usleep(10000);
}

static int wedge_open(const struct config_node *config, const struct handler_host *host,
                      struct diag *diag, struct handler **ret)
{
    struct wedge *wedge = calloc(1, sizeof(*wedge));

    (void)host;
    (void)diag;
    if (!wedge)
        return -ENOMEM;
    wedge->base.ops = &wedge_ops;
    wedge->path = strdup(config->text);
    wait_gone(wedge->path);
    *ret = &wedge->base;
    return 0;
}

static void wedge_process(struct handler *handler, struct batch *batch)
{
    FILE *file;
    unsigned milliseconds = 0;

    (void)batch;
    while ((file = fopen(((struct wedge *)handler)->path, "re"))) {
        int found = fscanf(file, "%u", &milliseconds);

        fclose(file);
        usleep(found == 1 ? milliseconds * 1000 : 10000);
        if (found == 1)
            return;
    }
}

static void wedge_close(struct handler *handler)
{
    if (handler)
        free(((struct wedge *)handler)->path);
    free(handler);
}

static const struct handler_ops wedge_ops = {
    .name = "wedge",
    .doc = "keeps a batch while a file exists",
    .removes = BOOK_LIMITED,
    .open = wedge_open,
    .process = wedge_process,
    .close = wedge_close,
};

const struct handler_ops *const handler_kinds[] = {
    &filter_ops, &limit_ops, &forward_ops, &wedge_ops, NULL,
};

const struct handler_ops *handler_find(const char *name)
{
    for (const struct handler_ops *const *kind = handler_kinds; *kind; kind++)
        if (strcmp((*kind)->name, name) == 0)
            return *kind;
    return NULL;
}
