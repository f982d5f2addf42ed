// SPDX-License-Identifier: Apache-2.0

/* Every answer but metrics is a JSON object; an error is {"error": "a sentence"}. All are built in
 * memory from counters, and nothing here waits: no client can make the daemon do more than read its
 * own memory, but for who may ask for a reload or release a source, for which the loader thread is
 * asked. */

#include "control/routes.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <jansson.h>
#include <string.h>

#include "control/host_header.h"
#include "control/metrics.h"
#include "control/status.h"
#include "pipeline/release.h"

DEFINE_CLEANUP(struct evbuffer, evbuffer_free);

static void reply(struct evhttp_request *request, int code, const char *type, struct evbuffer *body)
{
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request);

    evhttp_add_header(headers, "Content-Type", type);
    evhttp_add_header(headers, "Cache-Control", "no-store");
    evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
    evhttp_send_reply(request, code, NULL, body);
}

/* Takes the object. */
static void send_json(struct evhttp_request *request, int code, json_t *object)
{
    _cleanup_(cleanup_evbuffer_free) struct evbuffer *body = evbuffer_new();
    _cleanup_(cleanup_free) char *text =
        object ? json_dumps(object, JSON_INDENT(2) | JSON_REAL_PRECISION(9)) : NULL;

    json_decref(object);
    if (!body || !text || evbuffer_add_printf(body, "%s\n", text) < 0)
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
    else
        reply(request, code, "application/json", body);
}

static void send_error(struct evhttp_request *request, int code, const char *sentence)
{
    send_json(request, code, json_pack("{s:s}", "error", sentence));
}

/* ---- the rows -------------------------------------------------------------------------------- */

static void answer_status(const struct control_view *view, struct evhttp_request *request)
{
    watch_refresh(view->watch);
    send_json(request, HTTP_OK, status_json(view->watch, view->server, view->reload));
}

static void answer_health(const struct control_view *view, struct evhttp_request *request)
{
    send_json(request, health_good(&view->watch->health) ? HTTP_OK : HTTP_SERVUNAVAIL,
              status_health_json(&view->watch->health));
}

/* Ready: healthy, and the checks have run at least once since the start. */
static void answer_ready(const struct control_view *view, struct evhttp_request *request)
{
    if (view->watch->rated_at == 0)
        send_error(request, HTTP_SERVUNAVAIL, "the daemon has just started; try again");
    else
        answer_health(view, request);
}

static void answer_metrics(const struct control_view *view, struct evhttp_request *request)
{
    const char *accept = evhttp_find_header(evhttp_request_get_input_headers(request), "Accept");
    bool open = accept && strstr(accept, "application/openmetrics-text");
    _cleanup_(cleanup_evbuffer_free) struct evbuffer *body = evbuffer_new();

    watch_refresh(view->watch);
    if (!body || metrics_write(view->watch, view->server, open, body) < 0)
        evhttp_send_error(request, HTTP_INTERNAL, NULL);
    else
        reply(request, HTTP_OK, open ? METRICS_TYPE_OPEN : METRICS_TYPE_TEXT, body);
}

static void answer_log_level(const struct control_view *view, struct evhttp_request *request)
{
    (void)view;
    send_json(request, HTTP_OK, json_pack("{s:s}", "level", log_level_name(log_get_level())));
}

static void set_log_level(const struct control_view *view, struct evhttp_request *request)
{
    struct evbuffer *body = evhttp_request_get_input_buffer(request);
    size_t size = evbuffer_get_length(body);
    json_t *object =
        json_loadb((const char *)evbuffer_pullup(body, -1), size, JSON_REJECT_DUPLICATES, NULL);
    const char *name = json_string_value(json_object_get(object, "level"));
    int level = name ? log_level_find(name) : -1;

    json_decref(object);
    if (level < 0) {
        send_error(request, HTTP_BADREQUEST,
                   "expected {\"level\": L} with L one of error, warning, info, debug");
        return;
    }
    log_set_level((enum log_level)level);
    log_info("the log level is now %s", log_level_name((enum log_level)level));
    answer_log_level(view, request);
}

static void ask_release(const struct control_view *view, struct evhttp_request *request)
{
    const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request));
    struct evkeyvalq pairs = {0};
    struct error error = {0};
    const char *name;
    int result;

    if (query && evhttp_parse_query_str(query, &pairs) < 0) {
        send_error(request, HTTP_BADREQUEST, "expected ?source=NAME, or nothing");
        return;
    }
    name = query ? evhttp_find_header(&pairs, "source") : NULL;
    if (query && !name) {
        send_error(request, HTTP_BADREQUEST, "expected ?source=NAME, or nothing");
    } else if (view->reload && reload_busy(view->reload)) {
        send_error(request, 409, "a reload is in progress; try again when it is complete");
    } else {
        result = release(view->watch->engine, name, &error);
        if (result < 0)
            send_error(request, result == -ENOENT ? HTTP_NOTFOUND : 409, error_join(&error));
        else
            send_json(request, HTTP_OK, json_pack("{s:i}", "released", result));
    }
    evhttp_clear_headers(&pairs);
}

static void answer_reload(const struct control_view *view, struct evhttp_request *request)
{
    if (view->reload)
        send_json(request, HTTP_OK, reload_json(view->reload));
    else
        send_error(request, HTTP_NOTFOUND, "the daemon runs without a config file");
}

static void ask_reload(const struct control_view *view, struct evhttp_request *request)
{
    if (view->reload)
        reload_ask(view->reload);
    answer_reload(view, request);
}

const struct route routes[] = {
    {"/healthz", "GET", false, "whether the daemon is healthy, and if not, why", answer_health},
    {"/readyz", "GET", false, "as /healthz, and unhealthy until the first checks are done",
     answer_ready},
    {"/metrics", "GET", false, "all counters, for Prometheus", answer_metrics},
    {"/v1/status", "GET", false, "sources, pipelines, sinks and health", answer_status},
    {"/v1/log-level", "GET", false, "the lowest level of log lines that are written",
     answer_log_level},
    {"/v1/log-level", "PUT", true, "sets the log level", set_log_level},
    {"/v1/release", "POST", true, "releases kept programs and rings", ask_release},
    {"/v1/reload", "GET", false, "the outcome of the last reload", answer_reload},
    {"/v1/reload", "POST", true, "reloads the config", ask_reload},
    {0},
};

/* ---- which row ------------------------------------------------------------------------------- */

static const char *method_name(struct evhttp_request *request)
{
    switch (evhttp_request_get_command(request)) {
    case EVHTTP_REQ_GET:
    case EVHTTP_REQ_HEAD:
        return "GET";
    case EVHTTP_REQ_PUT:
        return "PUT";
    case EVHTTP_REQ_POST:
        return "POST";
    default:
        return "";
    }
}

/* True after an answer. A page of another name that leads to this address (DNS rebinding) has a
 * browser ask by that name. An absolute URI has a name, too. */
static bool refuse_host(const struct control_view *view, struct evhttp_request *request)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *hosts[] = {
        evhttp_find_header(evhttp_request_get_input_headers(request), "Host"),
        uri ? evhttp_uri_get_host(uri) : NULL,
    };

    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
        if (!hosts[i] || host_is_ours(hosts[i], &view->watch->options->hosts))
            continue;
        send_error(request, 421,
                   "the Host header names another machine; use an address or localhost, or add the "
                   "name to control: {hosts: [NAME]}");
        return true;
    }
    return false;
}

void routes_answer(void *data, struct evhttp_request *request, enum server_kind kind, int fd)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
    bool known = false;

    if (kind == SERVER_TCP && refuse_host(data, request))
        return;
    for (const struct route *route = routes; path && route->path; route++) {
        if (strcmp(route->path, path) != 0)
            continue;
        known = true;
        if (strcmp(route->method, method_name(request)) != 0)
            continue;
        if (!route->changes || server_peer_owns(kind, fd))
            route->answer(data, request);
        else
            send_error(request, 403, "only root may do this, and only through the unix socket");
        return;
    }
    send_error(request, known ? HTTP_BADMETHOD : HTTP_NOTFOUND,
               known ? "method not allowed" : "no such path");
}
