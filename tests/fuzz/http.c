// SPDX-License-Identifier: Apache-2.0
/* Any bytes, as a client of the control API sends them: through the real socket, evhttp and the
 * real routes, in front of a graph whose threads do not run. The input's bytes come in up to three
 * pieces, the first byte says how; then the client is done, and must be answered or sent away.
 * ./dev soak http-fuzz builds and runs it. */

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/load.h"
#include "control/routes.h"
#include "control/server.h"
#include "pipeline/engine.h"
#include "ring/fake.h"

static const char config[] =
    "version: 1\nsources: {exec: {builtin: exec}}\nsinks: {out: {type: stdout}}\n"
    "pipelines: {all: {from: exec, handlers: [{limit: {count: 3}}, {forward: out}]}}\n";

static struct {
    struct event_base *base;
    struct fake *fake;
    struct config_tree *tree;
    struct engine engine;
    struct control_options options;
    struct watch watch;
    struct control_view view;
    char path[64];
} fixture;

static void require(int condition)
{
    if (!condition)
        abort();
}

static void remove_socket(void)
{
    server_free(fixture.view.server);
}

static void build_once(void)
{
    struct graph *graph = NULL;
    struct ringmill_ring *ring;
    struct error error;
    struct diag diag;

    if (fixture.base)
        return;
    log_open("fuzz", LOG_LEVEL_ERROR);
    diag_init(&diag);
    require(config_load_text("fuzz", config, strlen(config), &diag, &fixture.tree) == 0);
    require(graph_build(fixture.tree, &diag, &graph) == 0);
    require(fake_new(4096, 0, &fixture.fake) == 0 &&
            fake_open(fixture.fake, NULL, NULL, &ring) == 0);
    require(graph_add_ring(graph, graph->streams[0], ring) == 0);
    require(graph->sinks[0]->ops->open(NULL, &error, &graph->sinks[0]->sink) == 0);
    require(consumer_init(&fixture.engine.consumer, graph, &error) == 0);
    fixture.engine.graph = graph;
    control_options_default(&fixture.options);
    require(watch_init(&fixture.watch, &fixture.engine, &fixture.options) == 0);
    fixture.watch.looked_at = 1;
    fixture.base = event_base_new();
    fixture.view.watch = &fixture.watch;
    fixture.view.server = server_new(fixture.base, routes_answer, &fixture.view);
    snprintf(fixture.path, sizeof(fixture.path), "/tmp/ringmill-fuzz.%d", (int)getpid());
    atexit(remove_socket);
    require(server_listen_unix(fixture.view.server, fixture.path, &error) == 0);
}

static void turn(void)
{
    event_base_loop(fixture.base, EVLOOP_NONBLOCK);
}

static int connect_client(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    strcpy(address.sun_path, fixture.path);
    require(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    return fd;
}

/* What the server closes early finds no reader; that is its right. */
static void send_piece(int fd, const uint8_t *data, size_t size)
{
    if (send(fd, data, size, MSG_NOSIGNAL) < 0)
        return;
    turn();
    turn();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct server_counts *counts;
    size_t cut = 0;
    int fd;

    build_once();
    if (size == 0)
        return 0;
    counts = server_counts(fixture.view.server, SERVER_UNIX);
    fd = connect_client();
    if (data[0] < 128)
        cut = 1 + data[0] % size;
    if (cut > 1)
        send_piece(fd, data + 1, cut - 1);
    if (cut < size)
        send_piece(fd, data + (cut ? cut : 1), size - (cut ? cut : 1));
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < 1000 && counts->open > 0; i++) {
        char answer[65536];

        turn();
        while (recv(fd, answer, sizeof(answer), 0) > 0)
            ;
    }
    close(fd);
    for (int i = 0; i < 1000 && counts->open > 0; i++)
        turn();
    require(counts->open == 0);
    require(counts->accepted == counts->answered + counts->refused + counts->malformed +
                                    counts->left + counts->crowded + counts->expired);
    return 0;
}
