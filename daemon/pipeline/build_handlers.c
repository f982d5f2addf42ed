// SPDX-License-Identifier: Apache-2.0

/* The handlers of a pipeline at one source, opened step by step: each step for all types that the
 * source's records can have, before the next. So a handler that asks which fields the other types
 * have learns what they have at its place, also after a select or in a branch:
 *
 *                    open_event      close_event     read_event
 *     select           [0]              [0]             [0]          first from left to right,
 *     tee              [1]              [1]             [1]          then down
 *       filter           [2]              [2]             [2]
 *       forward          [3]              [3]             [3]
 *     forward          [4]              [4]             [4]
 *
 * A branch is therefore opened only when the handler that asked for it is open everywhere. Of many
 * types, what is wrong with one is most likely wrong with all, so it is said of the first only. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/suggestion.h"
#include "expr/defs.h"
#include "pipeline/build.h"
#include "pipeline/handlers.h"
#include "plugin/plugin.h"

/* While the branches of a route are opened: a record goes into one of them only, so what counts is
 * the branch that sends most copies to a sink, not all of them together. By the graph's sinks. */
struct route_copies {
    bool divides;
    uint32_t before[GRAPH_SINKS_MAX];
    uint32_t most[GRAPH_SINKS_MAX];
};

/* What one chain's handler asks for while it is opened. */
struct handler_setup {
    uint32_t index; /* of the handler */
    struct handler *handler;
    struct name_columns *names;
    struct route_copies copies;
    uint32_t n_branches;
    const struct config_node *lists[CHAIN_BRANCHES_MAX];
    uint16_t ways[CHAIN_BRANCHES_MAX];
};

/* What a handler's open() gets; which chain it is for is after the public part. */
struct build_host {
    struct handler_host base;
    struct build *build;
    const struct setting_texts *from; /* the pipeline's sources */
    struct input_type *type;          /* NULL: no source is known */
    struct chain *chain;
    struct handler_setup *step; /* of the handler that is being opened */
    uint16_t way;               /* of the chain, that the handlers are on */
    bool at_least_once;
};

/* One list of handlers, for all chains side by side. */
struct handler_lists {
    struct build *build;
    uint32_t n;
    bool fields_unknown; /* nobody knows which fields there are: those who read them are passed over
                          */
    struct build_host *hosts;
    struct handler_setup *steps;
    const struct schema **siblings; /* of whoever is being opened, NULL-ended */
};

static void handler_lists_deinit(struct handler_lists *lists)
{
    free(lists->hosts);
    free(lists->steps);
    free(lists->siblings);
}

static int handler_lists_init(struct handler_lists *lists, struct build *build, uint32_t most)
{
    *lists = (struct handler_lists){
        .build = build,
        .hosts = calloc(most, sizeof(*lists->hosts)),
        .steps = calloc(most, sizeof(*lists->steps)),
        .siblings = calloc(most + 1, sizeof(const struct schema *)),
    };
    return lists->hosts && lists->steps && lists->siblings ? 0 : -ENOMEM;
}

/* ---- lists ----------------------------------------------------------------------------------- */

static const struct handler_ops *find_handler(struct build *build, const struct config_node *entry)
{
    const struct handler_ops *ops;
    struct suggestion suggestion;

    if (entry->kind != CONFIG_MAP || entry->count != 1) {
        diag_add(build->diag, entry, "expected one handler, as in - filter: pid > 1; found %s",
                 entry->kind != CONFIG_MAP ? config_node_kind_name(entry)
                 : entry->count > 1        ? "several keys"
                                           : "an empty map");
        return NULL;
    }
    ops = build_find_handler(build, entry->first->key);
    if (ops)
        return ops;
    suggestion_init(&suggestion, entry->first->key);
    for (const struct handler_ops *const *kind = handler_kinds; *kind; kind++)
        suggestion_offer(&suggestion, (*kind)->name);
    for (uint32_t i = 0; i < build->graph->n_plugins; i++)
        suggestion_offer(&suggestion, build->graph->plugins[i]->ops.name);
    diag_add_key(build->diag, entry->first, "unknown handler; %s", suggestion_words(&suggestion));
    return NULL;
}

static bool check_handler_list(struct build *build, const struct config_node *list)
{
    if (list->kind != CONFIG_LIST || list->count == 0)
        diag_add(build->diag, list, "expected a list of handlers, found %s",
                 list->kind == CONFIG_LIST ? "an empty one" : config_node_kind_name(list));
    else if (list->count > CHAIN_HANDLERS_MAX)
        diag_add(build->diag, list, "%u handlers; at most %d are allowed", list->count,
                 CHAIN_HANDLERS_MAX);
    else
        return true;
    return false;
}

/* A list must lead somewhere, and nothing can come after its end. */
static void check_end(const struct handler_lists *lists, const struct config_node *entry,
                      const struct handler_ops *ops)
{
    if (ops->divides && entry->next)
        diag_add(lists->build->diag, entry->next, "unreachable: %s must be the last step",
                 ops->name);
    else if (!entry->next && !ops->forwards && !ops->divides)
        diag_add(lists->build->diag, entry, "the last step of a %s must be forward or route",
                 lists->hosts->way > 0 ? "branch" : "pipeline");
}

/* ---- what a handler may ask for -------------------------------------------------------------- */

static const struct outlet *host_outlet(const struct handler_host *base,
                                        const struct config_node *name, struct diag *diag)
{
    const struct build_host *host = (const struct build_host *)base;

    (void)diag; /* the build's */
    return build_find_outlet(host->build, host->type, host->base.schema, host->at_least_once, name);
}

static bool source_has(const struct source *source, const char *field)
{
    for (uint32_t i = 0; i < source->n_streams; i++)
        for (uint32_t j = 0; j < source->streams[i].n_types; j++) {
            const struct schema *schema = source->streams[i].types[j].schema;

            if (schema && schema_find(schema, field))
                return true;
        }
    return false;
}

static const char *host_elsewhere(const struct handler_host *base, const char *field)
{
    const struct build_host *host = (const struct build_host *)base;
    const struct graph *graph = host->build->graph;

    for (uint32_t i = 0; i < graph->n_sources; i++) {
        const struct source *source = graph->sources[i].source;

        for (uint32_t j = 0; j < host->from->count; j++)
            if (strcmp(source->name, host->from->items[j]) == 0 &&
                strcmp(source->name, base->source_name) != 0 && source_has(source, field))
                return source->name;
    }
    return NULL;
}

static struct branch *host_branch(const struct handler_host *base, const struct config_node *list,
                                  const char *label, struct diag *diag)
{
    const struct build_host *host = (const struct build_host *)base;
    struct handler_setup *step = host->step;
    struct chain_branch *branch;

    if (host->chain->n_branches == CHAIN_BRANCHES_MAX) {
        diag_add(diag, list, "a pipeline can have at most %d branches", CHAIN_BRANCHES_MAX);
        return NULL;
    }
    branch = chain_add_branch(host->chain, step->index, label);
    if (!branch) {
        diag_add(diag, list, "out of memory");
        return NULL;
    }
    if (branch->depth > CHAIN_DEPTH_MAX) {
        diag_add(diag, list, "branches can be nested at most %d deep", CHAIN_DEPTH_MAX);
        return NULL;
    }
    step->lists[step->n_branches] = list;
    step->ways[step->n_branches++] = branch->way;
    return &branch->base;
}

/* ---- branches -------------------------------------------------------------------------------- */

static void begin_route_copies(const struct build_host *host, const struct handler_ops *ops)
{
    struct route_copies *copies = &host->step->copies;

    copies->divides = ops->divides && host->type;
    if (!copies->divides)
        return;
    memset(copies->most, 0, sizeof(copies->most));
    memcpy(copies->before, host->type->copies,
           host->build->graph->n_sinks * sizeof(*copies->before));
}

static void begin_case_copies(const struct build_host *host)
{
    const struct route_copies *copies = &host->step->copies;

    if (copies->divides)
        memcpy(host->type->copies, copies->before,
               host->build->graph->n_sinks * sizeof(*copies->before));
}

static void end_case_copies(const struct build_host *host)
{
    struct route_copies *copies = &host->step->copies;

    for (uint32_t i = 0; copies->divides && i < host->build->graph->n_sinks; i++)
        if (host->type->copies[i] > copies->most[i])
            copies->most[i] = host->type->copies[i];
}

static void end_route_copies(const struct build_host *host)
{
    const struct route_copies *copies = &host->step->copies;

    if (copies->divides)
        memcpy(host->type->copies, copies->most,
               host->build->graph->n_sinks * sizeof(*copies->most));
}

static int open_list(struct handler_lists *lists, const struct config_node *list);

/* The branch of that number, of all whose handler got as far as asking for it. */
static int open_branch(const struct handler_lists *around, uint32_t number)
{
    _cleanup_(handler_lists_deinit) struct handler_lists lists;
    const struct config_node *list = around->steps->lists[number];
    int result = handler_lists_init(&lists, around->build, around->n);

    for (uint32_t i = 0; i < around->n && result == 0; i++) {
        if (around->steps[i].n_branches <= number)
            continue;
        begin_case_copies(&around->hosts[i]);
        lists.hosts[lists.n] = around->hosts[i];
        lists.hosts[lists.n++].way = around->steps[i].ways[number];
    }
    lists.fields_unknown = around->fields_unknown;
    if (result == 0)
        result = open_list(&lists, list);
    for (uint32_t i = 0; i < around->n && result == 0; i++)
        if (around->steps[i].n_branches > number)
            end_case_copies(&around->hosts[i]);
    return result;
}

/* ---- handlers -------------------------------------------------------------------------------- */

static void list_siblings(const struct handler_lists *lists, struct build_host *host)
{
    const struct schema **next = lists->siblings;

    for (uint32_t i = 0; i < lists->n; i++)
        if (lists->hosts[i].base.schema != host->base.schema)
            *next++ = lists->hosts[i].base.schema;
    *next = NULL;
    host->base.siblings = next > lists->siblings ? lists->siblings : NULL;
}

/* The one that was opened for the first type of the same source. */
static struct handler *find_first(const struct handler_lists *lists, const struct build_host *host)
{
    const struct build_host *first = lists->hosts;

    while (first < host && strcmp(first->base.source_name, host->base.source_name) != 0)
        first++;
    return first < host ? first->step->handler : NULL;
}

/* The names of values that the handler's config mentions become fields of what comes in to it. Done
 * for all types before any handler is opened, so that each knows what the others have. */
static void add_names(const struct handler_lists *lists, struct build_host *host,
                      const struct config_node *entry)
{
    const struct expr_defs *defs = host->base.defs;
    const struct name_mentions about = {name_mentions_word, entry->first,
                                        defs ? defs->section : NULL};
    struct diag *diag = lists->build->diag;
    struct name_columns *names;

    if (name_columns_new(host->base.schema, &about, host->base.resolver, diag, &names) == -ENOMEM)
        diag_add(diag, entry, "out of memory");
    if (!names)
        return;
    if (!chain_keep_names(host->chain, names)) {
        name_columns_free(names); /* there are too many handlers, too */
        return;
    }
    host->step->names = names;
    host->base.schema = name_columns_schema(names);
}

/* Its place in the chain comes before those of the handlers in its branches. */
static void open_handler(const struct handler_lists *lists, struct build_host *host,
                         const struct config_node *entry, const struct handler_ops *ops)
{
    struct chain *chain = host->chain;
    struct handler_setup *step = host->step;
    struct diag *diag = lists->build->diag;
    int result;

    if (chain->n_handlers == CHAIN_HANDLERS_MAX) {
        diag_add(diag, entry,
                 "a pipeline can have at most %d handlers, including those in branches",
                 CHAIN_HANDLERS_MAX);
        return;
    }
    if (host->at_least_once && ops->forgets) {
        diag_add_key(diag, entry->first,
                     "the state of %s is lost if the daemon is killed, so it cannot be used with "
                     "delivery: at-least-once",
                     ops->name);
        return;
    }
    host->base.ops = ops;
    host->base.first = find_first(lists, host);
    list_siblings(lists, host);
    step->index = chain->n_handlers++;
    chain->ways[step->index] = host->way;
    chain->names[step->index] = step->names;
    begin_route_copies(host, ops);
    result = ops->open(entry->first, &host->base, diag, &step->handler);
    if (result == -ENOMEM)
        diag_add(diag, entry, "out of memory");
    if (result < 0)
        return;
    chain->handlers[step->index] = step->handler;
    chain->makes_records |= ops->make != NULL;
}

/* What comes out of the step goes into the next one. */
static void close_step(struct build_host *host)
{
    const struct handler *handler = host->step->handler;

    end_route_copies(host);
    if (handler && handler->schema)
        host->base.schema = handler->schema;
}

static int open_step(struct handler_lists *lists, const struct config_node *entry,
                     const struct handler_ops *ops)
{
    size_t before = diag_count(lists->build->diag);
    uint32_t opened = 0;
    bool bad;
    int result = 0;

    memset(lists->steps, 0, lists->n * sizeof(*lists->steps));
    for (uint32_t i = 0; i < lists->n; i++) {
        lists->hosts[i].step = &lists->steps[i];
        add_names(lists, &lists->hosts[i], entry);
    }
    for (; opened < lists->n && diag_count(lists->build->diag) == before; opened++)
        open_handler(lists, &lists->hosts[opened], entry, ops);
    bad = diag_count(lists->build->diag) > before;
    for (uint32_t i = 0; i < lists->steps->n_branches && result == 0; i++)
        result = open_branch(lists, i);
    for (uint32_t i = 0; i < opened; i++) {
        bad |= !lists->steps[i].handler;
        close_step(&lists->hosts[i]);
    }
    lists->fields_unknown |= bad && ops->reshapes;
    return result;
}

/* Opens the handlers of a list, as far as they can be. */
static int open_list(struct handler_lists *lists, const struct config_node *list)
{
    int result = 0;

    if (!check_handler_list(lists->build, list))
        return 0;
    for (const struct config_node *entry = list->first; entry && result == 0; entry = entry->next) {
        const struct handler_ops *ops = find_handler(lists->build, entry);

        if (!ops) {
            lists->fields_unknown = true; /* whatever it was meant to be */
            continue;
        }
        check_end(lists, entry, ops);
        if (!lists->fields_unknown || !ops->reads_fields)
            result = open_step(lists, entry, ops);
    }
    return result;
}

/* ---- all chains of a pipeline at a source --------------------------------------------------- */

/* "open_event" of "struct open_event". */
static const char *bare_name(const char *type_name)
{
    const char *space = strrchr(type_name, ' ');

    return space ? space + 1 : type_name;
}

static bool are_of_many_types(const struct build_chain *chains, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++)
        if (chains[i].type->stream_type->schema != chains->type->stream_type->schema)
            return true;
    return false;
}

static struct build_host new_host(struct build *build, const struct build_steps *steps,
                                  struct chain *chain)
{
    chain_set_budget(chain, steps->budget, build->speed);
    return (struct build_host){
        .base = {.pipeline_name = steps->pipeline_name,
                 .defs = build->graph->defs,
                 .wall = &build->graph->common->wall,
                 .clock = clock_monotonic,
                 .resolver = build->graph->common->resolver,
                 .outlet = host_outlet,
                 .branch = host_branch},
        .build = build,
        .from = steps->from,
        .chain = chain,
        .at_least_once = steps->at_least_once,
    };
}

static void know_type(struct build_host *host, struct input_type *type, bool one_of_many)
{
    host->type = type;
    host->base.elsewhere = host->from ? host_elsewhere : NULL;
    host->base.schema = type->stream_type->schema;
    host->base.source_name = type->stream_type->source_name;
    host->base.lost_unknown = !stream_knows_lost(type->input->stream);
    if (type->input->stream->capture)
        host->base.type = type->stream_type->label;
    else if (one_of_many)
        host->base.type = bare_name(host->base.schema->type_name);
    type->input->at_least_once |= host->at_least_once;
}

int build_handlers(struct build *build, const struct build_steps *steps,
                   const struct build_chain *chains, uint32_t n)
{
    _cleanup_(handler_lists_deinit) struct handler_lists lists;
    bool many = are_of_many_types(chains, n);
    int result = handler_lists_init(&lists, build, n);

    if (result < 0)
        return result;
    lists.n = n;
    for (uint32_t i = 0; i < n; i++) {
        lists.hosts[i] = new_host(build, steps, chains[i].chain);
        know_type(&lists.hosts[i], chains[i].type, many);
    }
    result = open_list(&lists, steps->list);
    for (uint32_t i = 0; i < n; i++)
        chains[i].type->input->makes_records |= chains[i].chain->makes_records;
    return result;
}

int build_check_handlers(struct build *build, const struct build_steps *steps)
{
    static const struct schema no_fields = {.type_name = "nothing"};
    _cleanup_(handler_lists_deinit) struct handler_lists lists;
    struct chain chain = {.n_handlers = 0};
    int result = handler_lists_init(&lists, build, 1);

    if (result < 0)
        return result;
    lists.n = 1;
    lists.fields_unknown = true;
    lists.hosts[0] = new_host(build, steps, &chain);
    lists.hosts[0].base.schema = &no_fields;
    lists.hosts[0].base.source_name = "";
    result = open_list(&lists, steps->list);
    chain_deinit(&chain);
    return result;
}
