// SPDX-License-Identifier: Apache-2.0

/* Every mistake that a config can hold beyond its syntax, to the letter, and what right ones
 * become. Building needs no privileges. */

#include "encode/encoder.h"
#include "pipeline/graph.h"
#include "record/builtin_handlers.h"
#include "unit/config/support.h"
#include "unit/source/builtin_names.h"

static void refuse_graph(const char *text, const char *expected)
{
    struct config_tree *tree = load(text);
    struct graph *graph = NULL;
    struct diag diag;

    diag_init(&diag);
    assert_int_equal(graph_build(tree, &diag, &graph), -EINVAL);
    assert_null(graph);
    expect_messages(&diag, expected);
    config_tree_free(tree);
}

struct built {
    struct config_tree *tree;
    struct graph *graph;
};

static struct built build(const char *text)
{
    struct built built = {.tree = load(text)};
    struct diag diag;

    diag_init(&diag);
    if (graph_build(built.tree, &diag, &built.graph) < 0)
        expect_messages(&diag, "");
    assert_non_null(built.graph);
    diag_deinit(&diag);
    return built;
}

static void built_deinit(struct built *built)
{
    graph_free(built->graph);
    config_tree_free(built->tree);
}

#define VERSION   "version: 1\n"
#define SOURCES   "sources: {exec: {builtin: exec}, open: {builtin: open}}\n"
#define SINKS     "sinks: {out: {type: stdout}, log: {type: file, path: /tmp/x}}\n"
#define PIPELINES "pipelines: {p: {from: exec, handlers: [{forward: out}]}}\n"
#define HANDLER_NAMES \
    "filter, limit, sample, dedup, select, redact, enrich, tee, route, aggregate, forward"
#define HANDLERS VERSION SOURCES SINKS "pipelines:\n  p:\n    from: exec\n    handlers:\n"

static void sections(void **state)
{
    (void)state;
    refuse_graph("[]", "t.yaml:1:1: expected a map, found a list\n");
    refuse_graph(
        "x: 1\n",
        "t.yaml:1:1: x: unknown key; allowed are version, plugins, sources, sinks, pipelines, "
        "defs, control, health, log\n"
        "t.yaml:1:1: the key \"version\" is missing (the version of the config format)\n"
        "t.yaml:1:1: the key \"sources\" is missing (the sources of records, by name)\n"
        "t.yaml:1:1: the key \"sinks\" is missing (the sinks that events are written to, by name)\n"
        "t.yaml:1:1: the key \"pipelines\" is missing (the pipelines from sources to sinks, by "
        "name)\n");
    refuse_graph("version: 2\n" SOURCES SINKS PIPELINES,
                 "t.yaml:1:10: version: expected 1, found \"2\"\n");
    refuse_graph("version: one\n" SOURCES SINKS PIPELINES,
                 "t.yaml:1:10: version: expected 1, found \"one\"\n");
    refuse_graph(VERSION SOURCES SINKS PIPELINES "piplines: {}\n",
                 "t.yaml:5:1: piplines: unknown key; allowed are version, plugins, sources, sinks, "
                 "pipelines, defs, control, health, log; did you mean \"pipelines\"?\n");
    refuse_graph(VERSION SOURCES SINKS "pipelines:\n",
                 "t.yaml:4:1: pipelines: the value is missing; expected a value\n");
    refuse_graph(
        VERSION SOURCES SINKS "pipelines: {}\n",
        "t.yaml:4:12: pipelines: expected a map of pipelines by name, found an empty one\n");
    refuse_graph(VERSION SOURCES SINKS "pipelines: []\n",
                 "t.yaml:4:12: pipelines: expected a map of pipelines by name, found a list\n");
    refuse_graph(VERSION SOURCES SINKS "pipelines: forward\n",
                 "t.yaml:4:12: pipelines: expected a map of pipelines by name, found a text\n");
    refuse_graph(VERSION "sources: [exec]\n" SINKS PIPELINES,
                 "t.yaml:2:10: sources: expected a map of sources by name, found a list\n");
    refuse_graph(VERSION SOURCES "sinks: stdout\n" PIPELINES,
                 "t.yaml:3:8: sinks: expected a map of sinks by name, found a text\n");
}

static void names(void **state)
{
    (void)state;
    refuse_graph(VERSION SOURCES SINKS
                 "pipelines:\n  \"a b\": {from: exec, handlers: [{forward: out}]}\n"
                 "  a/b: {from: exec, handlers: [{forward: out}]}\n",
                 "t.yaml:5:3: pipelines.\"a b\": a name has 1 to 64 letters, digits, and any of _ "
                 "- . between them\n"
                 "t.yaml:6:3: pipelines.a/b: a name has 1 to 64 letters, digits, and any of _ - . "
                 "between them\n");
    refuse_graph(
        VERSION "sources:\n  exec: {builtin: exec}\n"
                "  abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789abc:"
                " {builtin: exec}\n" SINKS PIPELINES,
        "t.yaml:4:3: sources.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz0123456789abc: a "
        "name has 1 to 64 letters, digits, and any of _ - . between them\n");
}

static void sources(void **state)
{
    char message[1024];

    (void)state;
    snprintf(message, sizeof(message),
             "t.yaml:3:19: sources.exec.builtin: unknown built-in source \"exce\"; allowed are %s; "
             "did you mean \"exec\"?\n",
             builtin_names());
    refuse_graph(VERSION "sources:\n  exec: {builtin: exce}\n" SINKS PIPELINES, message);
    refuse_graph(VERSION "sources:\n  exec: {builtin: exec, ring_size: 5000}\n" SINKS PIPELINES,
                 "t.yaml:3:36: sources.exec.ring_size: the ring size must be a power of two and a "
                 "multiple of the page size, such as 4MiB\n");
    refuse_graph(VERSION "sources:\n  exec:\n" SINKS PIPELINES,
                 "t.yaml:3:3: sources.exec: the value is missing; expected a map\n");
    refuse_graph(VERSION "sources:\n  exec: exec\n" SINKS PIPELINES,
                 "t.yaml:3:9: sources.exec: expected a map, found a text\n");
}

static void sinks(void **state)
{
    (void)state;
    refuse_graph(
        VERSION SOURCES "sinks:\n  out: {type: stduot}\n" PIPELINES,
        "t.yaml:4:15: sinks.out.type: unknown type of sink; allowed are stdout, table, file, "
        "capture, unix, tcp, udp, syslog, journal, null; did you mean \"stdout\"?\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out: {type: \"\"}\n" PIPELINES,
                 "t.yaml:4:15: sinks.out.type: expected a name, found \"\"\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out: {path: /x}\n" PIPELINES,
                 "t.yaml:4:8: sinks.out: the key \"type\" is missing (the type of sink)\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out: {type: }\n" PIPELINES,
                 "t.yaml:4:9: sinks.out.type: the value is missing; expected a name\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out: {type: [stdout]}\n" PIPELINES,
                 "t.yaml:4:15: sinks.out.type: expected a name, found a list\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out: stdout\n" PIPELINES,
                 "t.yaml:4:8: sinks.out: expected a map; write out: {type: stdout}\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out:\n" PIPELINES,
                 "t.yaml:4:3: sinks.out: the value is missing; expected a map\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out: {type: stdout, format: jsno}\n" PIPELINES,
                 "t.yaml:4:31: sinks.out.format: unknown format; allowed are json, json-flat, "
                 "logfmt, csv, text, raw; did you mean \"json\"?\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out: {type: null, path: /x}\n" PIPELINES,
                 "t.yaml:4:21: sinks.out.path: unknown key; allowed are type, format, "
                 "overflow, id\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out: {type: journal, format: json}\n" PIPELINES,
                 "t.yaml:4:24: sinks.out.format: a sink of type journal has a fixed format; remove "
                 "format:\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out: {type: syslog, app: a b}\n" PIPELINES,
                 "t.yaml:4:28: sinks.out.app: \"a b\" is not a valid APP-NAME: use printable ASCII "
                 "characters without spaces\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out: {type: syslog, transport: tcp}\n" PIPELINES,
                 "t.yaml:4:8: sinks.out: transport: udp and tcp need address, as in address: "
                 "\"logs.example:514\"\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out: {type: stdout, path: /x}\n" PIPELINES,
                 "t.yaml:4:23: sinks.out.path: unknown key; allowed are type, format, "
                 "overflow, id\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out: {type: file}\n" PIPELINES,
                 "t.yaml:4:8: sinks.out: the key \"path\" is missing (the file to append to)\n");
    refuse_graph(VERSION SOURCES "sinks:\n  out: {type: file, path: x.log}\n" PIPELINES,
                 "t.yaml:4:27: sinks.out.path: expected an absolute path, found \"x.log\"\n");
}

#define FORMAT(rest) VERSION SOURCES "sinks:\n  out: {type: stdout, format: " rest "}\n" PIPELINES

/* A format's own keys are those of its sink, and a template's mistakes have their place. */
#define FILES(sinks)                                           \
    VERSION "sources: {exec: {builtin: exec}}\nsinks:\n" sinks \
            "pipelines: {p: {from: exec, handlers: [{forward: a}]}}\n"

/* Whether it is there or not; unit/base/file_place tries links. */
static void one_file_of_two_sinks(void **state)
{
    struct built built;

    (void)state;
    refuse_graph(FILES("  a: {type: file, path: /nowhere/x}\n"
                       "  b: {type: file, path: /nowhere/y/.././x, rotate_size: 1MiB}\n"),
                 "t.yaml:5:25: sinks.b.path: the sink \"a\" already writes to this file; give each "
                 "sink its own file\n");
    refuse_graph(FILES("  a: {type: capture, path: /tmp//ringmill-x}\n"
                       "  b: {type: file, path: /tmp/ringmill-x}\n"),
                 "t.yaml:5:25: sinks.b.path: the sink \"a\" already writes to this file; give each "
                 "sink its own file\n");
    refuse_graph(FILES("  a: {type: file, path: /etc/hostname}\n"
                       "  b: {type: file, path: /proc/self/root/etc/hostname}\n"),
                 "t.yaml:5:25: sinks.b.path: the sink \"a\" already writes to this file; give each "
                 "sink its own file\n");
    refuse_graph(
        FILES("  a: {type: file, path: /nowhere/x, rotate_size: 1MiB}\n"
              "  b: {type: file, path: "
              "/nowhere/x-20261123T014502.123456789Z-1.zst}\n"),
        "t.yaml:5:25: sinks.b.path: the file names of this sink and of the sink \"a\" collide: one "
        "of them would treat the other's file as its own rotated file; choose another name\n");
    built = build(FILES("  a: {type: file, path: /nowhere/x}\n"
                        "  b: {type: file, path: /nowhere/x-20261123T014502.123456789Z}\n"
                        "  c: {type: file, path: /dev/null}\n"
                        "  d: {type: file, path: /dev/null}\n"
                        "  e: {type: capture, path: /nowhere/y}\n"));
    built_deinit(&built);
}

static void formats(void **state)
{
    (void)state;
    refuse_graph(FORMAT("text"), "t.yaml:4:8: sinks.out: the key \"template\" is missing (the line "
                                 "of an event; {field} is replaced by the value)\n");
    refuse_graph(FORMAT("csv, template: x"),
                 "t.yaml:4:36: sinks.out.template: unknown key; allowed "
                 "are type, format, overflow, id\n");
    refuse_graph(FORMAT("text, template: \"{pid} {fliename}\""),
                 "t.yaml:4:55: sinks.out.template: struct exec_event has no field fliename; did "
                 "you mean filename?\n"
                 "    {pid} {fliename}\n           ^\n");
    refuse_graph(FORMAT("text, template: \"{pid\""),
                 "t.yaml:4:48: sinks.out.template: expected a field name and }; write {{ for a "
                 "plain {\n    {pid\n    ^\n");
    refuse_graph(FORMAT("raw, tag: maybe"),
                 "t.yaml:4:41: sinks.out.tag: expected true or false, found \"maybe\"\n");
}

/* A pipeline whose source is unknown says nothing about formats. */
static void formats_without_a_source(void **state)
{
    (void)state;
    refuse_graph(VERSION SOURCES
                 "sinks:\n  out: {type: stdout, format: csv}\n"
                 "  log: {type: file, path: /x, format: text, template: \"{pid}\"}\n"
                 "pipelines:\n  one: {from: shut, handlers: [{forward: [out, log]}]}\n"
                 "  two: {from: exec, handlers: [{forward: [out, log]}]}\n",
                 "t.yaml:7:15: pipelines.one.from: unknown source; allowed are exec, open\n");
}

/* One header, or no tag, serves one type only. */
static void formats_of_one_type(void **state)
{
    static const char both[] = "pipelines: {p: {from: [exec, open], handlers: [{forward: out}]}}\n";
    char text[1024];

    (void)state;
    snprintf(text, sizeof(text), VERSION SOURCES "sinks:\n  out: {type: stdout, format: csv}\n%s",
             both);
    refuse_graph(text, "t.yaml:5:58: pipelines.p.handlers[0].forward: the sink out cannot take "
                       "both struct exec_event and struct open_event: a CSV file has only one "
                       "header; use a separate sink for each, or another format\n");
    snprintf(text, sizeof(text), VERSION SOURCES "sinks:\n  out: {type: stdout, format: raw}\n%s",
             both);
    refuse_graph(text, "t.yaml:5:58: pipelines.p.handlers[0].forward: the sink out cannot take "
                       "both struct exec_event and struct open_event: raw records carry their type "
                       "only with tag: true; use a separate sink for each, or another format\n");
    for (int i = 0; i < 2; i++) {
        struct built built;

        snprintf(text, sizeof(text), VERSION SOURCES "sinks:\n  out: {type: stdout, %s}\n%s",
                 i ? "format: raw, tag: true" : "format: logfmt, id: true", both);
        built = build(text);
        assert_null(built.graph->sinks[0]->common.text);
        built_deinit(&built);
    }
}

static void headers(void **state)
{
    struct built built =
        build(VERSION SOURCES "sinks:\n  out: {type: stdout, format: csv, id: true}\n"
                              "pipelines: {p: {from: exec, handlers: [{select: {keep: [ktime, uid, "
                              "comm, args]}}, {forward: [out, out]}]}}\n");

    (void)state;
    assert_string_equal(built.graph->sinks[0]->common.text,
                        "time,source,_id,uid,uid_name,comm,args,_lost\n");
    built_deinit(&built);
}

static void pipelines(void **state)
{
    (void)state;
    refuse_graph(
        VERSION SOURCES SINKS "pipelines:\n  p: {handlers: [{forward: out}]}\n",
        "t.yaml:5:6: pipelines.p: the key \"from\" is missing (a source or a list of sources)\n");
    refuse_graph(VERSION SOURCES SINKS "pipelines:\n  p: {from: exec}\n",
                 "t.yaml:5:6: pipelines.p: the key \"handlers\" is missing (the steps, in order; "
                 "the last one is forward or route)\n");
    refuse_graph(VERSION SOURCES SINKS "pipelines:\n  p: forward\n",
                 "t.yaml:5:6: pipelines.p: expected a map, found a text\n");
    refuse_graph(VERSION SOURCES SINKS
                 "pipelines:\n  p: {from: exce, handlers: [{forward: out}]}\n",
                 "t.yaml:5:13: pipelines.p.from: unknown source; allowed are exec, open; did you "
                 "mean \"exec\"?\n");
    refuse_graph(VERSION SOURCES SINKS
                 "pipelines:\n  p: {from: [exec, open, exec], handlers: [{forward: out}]}\n",
                 "t.yaml:5:26: pipelines.p.from[2]: duplicate source\n");
    refuse_graph(VERSION SOURCES SINKS "pipelines:\n  p: {from: [exec, open], handlers: [{filter: "
                                       "has(flags)}, {forward: out}]}\n",
                 "t.yaml:5:51: pipelines.p.handlers[0].filter: source \"exec\" has no field flags "
                 "(source \"open\" has)\n"
                 "    has(flags)\n"
                 "        ^\n");
    refuse_graph(VERSION SOURCES SINKS "pipelines:\n  p: {from: [], handlers: [{forward: out}]}\n",
                 "t.yaml:5:13: pipelines.p.from: expected a name or a list of names of 1 to 64 "
                 "entries, found 0\n");
    refuse_graph(VERSION SOURCES SINKS
                 "pipelines:\n  p: {from: exec, delivery: at-last-once, handlers: "
                 "[{forward: out}]}\n",
                 "t.yaml:5:29: pipelines.p.delivery: expected one of at-most-once, at-least-once, "
                 "found \"at-last-once\"; did you mean \"at-least-once\"?\n");
    refuse_graph(
        VERSION SOURCES "sinks:\n  out: {type: stdout, overflow: drop}\n"
                        "pipelines:\n  p: {from: exec, delivery: at-least-once, handlers: "
                        "[{dedup: {by: [comm], window: 1s}}, {forward: out}]}\n",
        "t.yaml:6:29: pipelines.p.delivery: the ring of source exec is lost when the daemon ends, "
        "so delivery: at-least-once is not possible; set keep: fdstore or keep: pin in the source\n"
        "t.yaml:6:56: pipelines.p.handlers[0].dedup: the state of dedup is lost if the daemon is "
        "killed, so it cannot be used with delivery: at-least-once\n"
        "t.yaml:6:100: pipelines.p.handlers[1].forward: sink out drops events when it is slow, so "
        "it cannot be used with delivery: at-least-once; set overflow: block in the sink\n");
    refuse_graph(VERSION SOURCES SINKS
                 "pipelines:\n  p: {from: exec, max_unacked: 0%, handlers: [{forward: out}]}\n",
                 "t.yaml:5:32: pipelines.p.max_unacked: expected a part of the ring from 1% to "
                 "100%, or a size of at least 4KiB, found \"0%\"\n");
    refuse_graph(VERSION SOURCES SINKS
                 "pipelines:\n  p: {from: exec, max_unacked: 1MiB, handlers: [{forward: out}]}\n",
                 "t.yaml:5:19: pipelines.p.max_unacked: requires delivery: at-least-once\n");
    refuse_graph(VERSION
                 "sources:\n  exec: {builtin: exec, keep: pin}\n" SINKS
                 "pipelines:\n  p: {from: exec, delivery: at-least-once, handlers: [{limit: {rate: "
                 "1/s}}, {forward: out}]}\n",
                 "t.yaml:6:56: pipelines.p.handlers[0].limit: the state of limit is lost if the "
                 "daemon is killed, so it cannot be used with delivery: at-least-once\n");
    refuse_graph(VERSION "sources:\n  exec: {builtin: exec, keep: pin}\n"
                         "  open: {builtin: open, keep: pin}\n" SINKS
                         "pipelines:\n  p: {from: exec, handlers: [{forward: out}]}\n"
                         "  q: {from: [open, exec], delivery: at-least-once, handlers: "
                         "[{forward: out}]}\n",
                 "t.yaml:8:37: pipelines.q.delivery: pipeline p reads source exec with delivery: "
                 "at-most-once, and all pipelines that read a ring share one position, so after a "
                 "kill p would repeat delivered events; set delivery: at-most-once here, too, or "
                 "give this pipeline its own source\n");
    refuse_graph(VERSION "sources:\n  exec: {builtin: exec, keep: pin}\n" SINKS
                         "pipelines:\n  p: {from: exec, delivery: at-least-once, handlers: "
                         "[{forward: out}]}\n  q: {from: exec, handlers: [{forward: out}]}\n",
                 "t.yaml:7:6: pipelines.q: pipeline p reads source exec with delivery: "
                 "at-least-once, and all pipelines that read a ring share one position, so after a "
                 "kill q would repeat delivered events; set delivery: at-least-once here, too, or "
                 "give this pipeline its own source\n");
    refuse_graph(VERSION SOURCES SINKS
                 "pipelines:\n  p: {from: exec, handler: [], handlers: [{forward: out}]}\n",
                 "t.yaml:5:19: pipelines.p.handler: unknown key; allowed are from, delivery, "
                 "max_unacked, budget, handlers; did you mean \"handlers\"?\n");
    refuse_graph(
        VERSION SOURCES SINKS "pipelines:\n  p: {from: exec, handlers: []}\n",
        "t.yaml:5:29: pipelines.p.handlers: expected a list of handlers, found an empty one\n");
    refuse_graph(VERSION SOURCES SINKS "pipelines:\n  p: {from: exec, handlers: {}}\n",
                 "t.yaml:5:29: pipelines.p.handlers: expected a list of handlers, found a map\n");
    refuse_graph(VERSION SOURCES SINKS "pipelines:\n  p: {from: exec, handlers: {forward: out}}\n",
                 "t.yaml:5:29: pipelines.p.handlers: expected a list of handlers, found a map\n");
    refuse_graph(VERSION SOURCES SINKS "pipelines:\n  p: {from: exec, handlers: forward}\n",
                 "t.yaml:5:29: pipelines.p.handlers: expected a list of handlers, found a text\n");
}

static void handlers(void **state)
{
    (void)state;
    refuse_graph(HANDLERS "      - forwrad: out\n",
                 "t.yaml:8:9: pipelines.p.handlers[0].forwrad: unknown handler; allowed are "
                 "" HANDLER_NAMES "; did you mean \"forward\"?\n");
    refuse_graph(HANDLERS "      - forward\n", "t.yaml:8:9: pipelines.p.handlers[0]: expected one "
                                               "handler, as in - filter: pid > 1; found a text\n");
    refuse_graph(HANDLERS "      - {}\n      -\n      - forward: out\n",
                 "t.yaml:8:9: pipelines.p.handlers[0]: expected one handler, as in - filter: pid > "
                 "1; found an empty map\n"
                 "t.yaml:9:8: pipelines.p.handlers[1]: expected one handler, as in - filter: pid > "
                 "1; found nothing\n");
    refuse_graph(HANDLERS "      - limit: {count: 1}\n        forward: out\n",
                 "t.yaml:8:9: pipelines.p.handlers[0]: expected one handler, as in - filter: pid > "
                 "1; found several keys\n");
    refuse_graph(HANDLERS "      - limit: {count: 1}\n",
                 "t.yaml:8:9: pipelines.p.handlers[0]: the last step of a pipeline must be forward "
                 "or route\n");
    refuse_graph(HANDLERS "      - forward: out\n      - filter: pid > 1\n",
                 "t.yaml:9:9: pipelines.p.handlers[1]: the last step of a pipeline must be forward "
                 "or route\n");
    refuse_graph(HANDLERS "      - forward: ot\n",
                 "t.yaml:8:18: pipelines.p.handlers[0].forward: unknown sink; allowed are out, "
                 "log; did you mean \"out\"?\n");
    refuse_graph(
        HANDLERS "      - forward: [out, nowhere, lgo]\n",
        "t.yaml:8:24: pipelines.p.handlers[0].forward[1]: unknown sink; allowed are out, log\n"
        "t.yaml:8:33: pipelines.p.handlers[0].forward[2]: unknown sink; allowed are out, log; did "
        "you mean \"log\"?\n");
    refuse_graph(HANDLERS "      - limit: {count: 0}\n      - forward: out\n",
                 "t.yaml:8:24: pipelines.p.handlers[0].limit.count: expected an integer from 1 to "
                 "9223372036854775807, found \"0\"\n");
}

/* A thing that is wrong where it stands is not complained about again where it is used. */
static void one_mistake_is_one_message(void **state)
{
    char message[1024];

    (void)state;
    snprintf(message, sizeof(message),
             "t.yaml:3:19: sources.exec.builtin: unknown built-in source \"x\"; allowed are %s\n"
             "t.yaml:5:15: sinks.out.type: unknown type of sink; allowed are stdout, table, file, "
             "capture, unix, tcp, udp, syslog, journal, null\n",
             builtin_names());
    refuse_graph(VERSION "sources:\n  exec: {builtin: x}\nsinks:\n  out: {type: y}\n" PIPELINES,
                 message);
}

static void all_mistakes_at_once(void **state)
{
    (void)state;
    refuse_graph("version: 3\n"
                 "sources:\n"
                 "  exec: {builtin: exec, size: 1}\n"
                 "  open: {builtin: open}\n"
                 "sinks:\n"
                 "  out: {type: stdout, format: xml}\n"
                 "  log: {type: file, path: /x}\n"
                 "pipelines:\n"
                 "  one:\n"
                 "    from: [open, shut]\n"
                 "    handlers:\n"
                 "      - limit: {}\n"
                 "      - forward: [out, lo]\n",
                 "t.yaml:1:10: version: expected 1, found \"3\"\n"
                 "t.yaml:3:25: sources.exec.size: unknown key; allowed are builtin, ring_size, "
                 "own_events, pid, cgroup, container, failed, "
                 "keep, on_change, pin_folder\n"
                 "t.yaml:6:31: sinks.out.format: unknown format; allowed are json, json-flat, "
                 "logfmt, csv, text, raw\n"
                 "t.yaml:10:18: pipelines.one.from[1]: unknown source; allowed are exec, open\n"
                 "t.yaml:12:16: pipelines.one.handlers[0].limit: missing key: write count, as in "
                 "{count: 1000}, or rate, as in {rate: 100/s}\n"
                 "t.yaml:13:24: pipelines.one.handlers[1].forward[1]: unknown sink; allowed are "
                 "out, log; did you mean \"log\"?\n");
}

/* A text of count times the format with the number; the caller frees it. */
static char *repeat(const char *head, const char *format, uint32_t count, const char *tail)
{
    char *text = NULL;
    size_t length;
    FILE *file = open_memstream(&text, &length);

    assert_non_null(file);
    fputs(head, file);
    for (uint32_t i = 0; i < count; i++)
        for (const char *byte = format; *byte; byte++)
            *byte == '#' ? fprintf(file, "%u", i) : fputc(*byte, file);
    fputs(tail, file);
    fclose(file);
    return text;
}

static void limits(void **state)
{
    _cleanup_(cleanup_free) char *sources_65 =
        repeat(VERSION "sources:\n  exec: {builtin: exec}\n", "  s#: {builtin: exec}\n", 64,
               SINKS PIPELINES);
    _cleanup_(cleanup_free) char *sinks_65 =
        repeat(VERSION SOURCES "sinks:\n", "  s#: {type: stdout}\n", 65,
               "pipelines: {p: {from: exec, handlers: [{limit: {count: 1}}, {forward: s1}]}}\n");
    _cleanup_(cleanup_free) char *pipelines_257 =
        repeat(VERSION SOURCES SINKS "pipelines:\n",
               "  p#: {from: exec, handlers: [{forward: out}]}\n", 257, "");
    _cleanup_(cleanup_free) char *handlers_129 =
        repeat(HANDLERS, "      - limit: {count: 1}\n", 128, "      - forward: out\n");
    _cleanup_(cleanup_free) char *copies_65 =
        repeat(HANDLERS, "      - forward: [out, out, out, out, out]\n", 13, "");

    (void)state;
    refuse_graph(sources_65, "t.yaml:3:3: sources: 65 sources; at most 64 are allowed\n");
    refuse_graph(sinks_65, "t.yaml:4:3: sinks: 65 sinks; at most 64 are allowed\n");
    refuse_graph(pipelines_257, "t.yaml:5:3: pipelines: 257 pipelines; at most 256 are allowed\n");
    refuse_graph(handlers_129,
                 "t.yaml:8:7: pipelines.p.handlers: 129 handlers; at most 128 are allowed\n");
    refuse_graph(copies_65,
                 "t.yaml:20:39: pipelines.p.handlers[12].forward[4]: a record can be forwarded to "
                 "one sink at most 64 times, counted over all pipelines that read its source\n");
}

static void a_pipeline_with_two_sources_has_two_chains(void **state)
{
    struct built built =
        build(VERSION SOURCES SINKS "pipelines:\n"
                                    "  both:\n"
                                    "    from: [open, exec]\n"
                                    "    handlers: [{filter: pid > 1}, {forward: out}]\n"
                                    "  one:\n"
                                    "    from: open\n"
                                    "    handlers: [{forward: log}]\n");
    const struct graph *graph = built.graph;
    const struct input_type *exec, *open;

    (void)state;
    assert_int_equal(graph->n_sources, 2);
    assert_int_equal(graph->n_sinks, 2);
    assert_int_equal(graph->n_pipelines, 2);
    assert_string_equal(graph->sources[0].source->name, "exec");
    assert_int_equal(graph->sources[0].n_pipelines, 1);
    assert_int_equal(graph->sources[1].n_pipelines, 2);
    assert_int_equal(graph->n_chains, 3);
    assert_int_equal(graph->n_inputs, 2);
    for (uint32_t i = 0; i < graph->n_inputs; i++)
        assert_ptr_equal(graph->inputs[i], graph->sources[i].inputs);
    exec = graph->inputs[0]->types;
    open = graph->inputs[1]->types;
    assert_ptr_equal(exec->chains[0]->pipeline, &graph->pipelines[0]);
    assert_ptr_equal(open->chains[0]->pipeline, &graph->pipelines[0]);
    assert_ptr_equal(open->chains[1]->pipeline, &graph->pipelines[1]);
    assert_string_equal(graph->pipelines[0].name, "both");
    for (int i = 0; i < 2; i++) {
        const struct chain *chain = graph->inputs[i]->types->chains[0];

        assert_int_equal(chain->n_handlers, 2);
        assert_string_equal(chain->handlers[0]->ops->name, "filter");
        assert_ptr_equal(chain->handlers[1]->ops, &forward_ops);
    }
    assert_int_equal(open->chains[1]->n_handlers, 1);
    built_deinit(&built);
}

/* How often one record of a source can get to a sink, over all its pipelines; the sink's lane is
 * made for the worst source. */
static void copies(void **state)
{
    struct built built = build(VERSION SOURCES SINKS
                               "pipelines:\n"
                               "  a: {from: [exec, open], handlers: [{forward: [out, log, out]}]}\n"
                               "  b: {from: open, handlers: [{forward: out}, {forward: [out]}]}\n");
    const struct graph *graph = built.graph;
    const struct input_type *exec = graph->inputs[0]->types, *open = graph->inputs[1]->types;

    (void)state;
    assert_int_equal(exec->input->n_sinks, 2);
    assert_ptr_equal(exec->input->sinks[0], graph->sinks[0]);
    assert_int_equal(exec->copies[0], 2);
    assert_ptr_equal(exec->input->sinks[1], graph->sinks[1]);
    assert_int_equal(exec->copies[1], 1);
    assert_int_equal(open->input->n_sinks, 2);
    assert_int_equal(open->copies[0], 4);
    assert_int_equal(open->copies[1], 1);
    assert_int_equal(graph->copies[0], 4);
    assert_int_equal(graph->copies[1], 1);
    built_deinit(&built);
}

static void a_sink_that_nobody_uses_is_fine(void **state)
{
    struct built built = build(VERSION SOURCES SINKS PIPELINES);

    (void)state;
    assert_int_equal(built.graph->copies[1], 0);
    assert_string_equal(built.graph->sinks[1]->name, "log");
    assert_string_equal(built.graph->sinks[1]->ops->name, "file");
    assert_string_equal(built.graph->sinks[1]->outlet.format->name, "json");
    assert_ptr_equal(built.graph->sinks[1]->outlet.lane, &built.graph->sinks[1]->lane);
    assert_int_equal(built.graph->n_sources, 1);
    built_deinit(&built);
}

static void as_much_as_is_allowed(void **state)
{
    _cleanup_(cleanup_free) char *handlers_128 =
        repeat(HANDLERS, "      - limit: {count: 1}\n", 127, "      - forward: out\n");
    _cleanup_(cleanup_free) char *copies_64 =
        repeat(HANDLERS, "      - forward: [out, out, out, out]\n", 16, "");
    struct built many = build(handlers_128), often = build(copies_64);

    (void)state;
    assert_int_equal(many.graph->chains[0]->n_handlers, CHAIN_HANDLERS_MAX);
    assert_int_equal(often.graph->copies[0], GRAPH_COPIES_MAX);
    built_deinit(&many);
    built_deinit(&often);
}

/* ---- branches -------------------------------------------------------------------------------- */

static void branches_stand_in_the_order_of_the_config(void **state)
{
    static const char *const names[] = {
        "filter",
        "tee",
        "tee.limit",
        "tee.forward",
        "route",
        "route[0].tee",
        "route[0].tee.forward",
        "route[0].forward",
        "route[1].route",
        "route[1].route[0].forward",
    };
    struct built built =
        build(HANDLERS "      - filter: pid > 1\n"
                       "      - tee: {handlers: [{limit: {count: 1}}, {forward: out}]}\n"
                       "      - route:\n"
                       "          - when: uid == 0\n"
                       "            handlers: [{tee: {handlers: [{forward: out}]}}, "
                       "{forward: log}]\n"
                       "          - handlers: [{route: [{handlers: [{forward: out}]}]}]\n");
    const struct chain *chain = built.graph->chains[0];
    char name[CHAIN_NAME_MAX];

    (void)state;
    assert_int_equal(chain->n_handlers, sizeof(names) / sizeof(names[0]));
    for (uint32_t i = 0; i < chain->n_handlers; i++)
        assert_string_equal(chain_handler_name(chain, i, name), names[i]);
    assert_int_equal(chain->n_branches, 5);
    built_deinit(&built);
}

/* Into a tee and on: both. Into one branch of a route: only the worst of them. */
static void copies_over_branches(void **state)
{
    struct built built = build(
        HANDLERS
        "      - tee: {handlers: [{forward: [out, log]}]}\n"
        "      - forward: out\n"
        "      - route:\n"
        "          - {when: uid == 0, handlers: [{forward: [out, out, out]}]}\n"
        "          - {when: uid == 1, handlers: [{route: [{handlers: [{forward: [log, log]}]}]}]}\n"
        "          - {handlers: [{forward: [out, log]}]}\n"
        "  q: {from: exec, handlers: [{forward: out}]}\n");

    (void)state;
    assert_int_equal(built.graph->copies[0], 1 + 1 + 3 + 1);
    assert_int_equal(built.graph->copies[1], 1 + 2);
    built_deinit(&built);
}

static void lists_must_lead_somewhere(void **state)
{
    (void)state;
    refuse_graph(HANDLERS "      - tee: {handlers: [{filter: pid > 1}]}\n",
                 "t.yaml:8:9: pipelines.p.handlers[0]: the last step of a pipeline must be forward "
                 "or route\n"
                 "t.yaml:8:26: pipelines.p.handlers[0].tee.handlers[0]: the last step of a branch "
                 "must be forward or route\n");
    refuse_graph(HANDLERS "      - route: [{handlers: [{forward: out}]}]\n"
                          "      - forward: out\n",
                 "t.yaml:9:9: pipelines.p.handlers[1]: unreachable: route must be the last step\n");
    refuse_graph(HANDLERS "      - route: [{handlers: []}]\n",
                 "t.yaml:8:28: pipelines.p.handlers[0].route[0].handlers: expected a list of "
                 "handlers, found an empty one\n");
    refuse_graph(HANDLERS "      - tee: {handlers: [{forwrad: out}]}\n      - forward: out\n",
                 "t.yaml:8:27: pipelines.p.handlers[0].tee.handlers[0].forwrad: unknown handler; "
                 "allowed are " HANDLER_NAMES "; did you mean \"forward\"?\n");
}

#define FOUR_FILTERS "{filter: pid > 1}, {filter: pid > 1}, {filter: pid > 1}, {filter: pid > 1}"

static void plugins_are_checked_where_they_are_named(void **state)
{
    (void)state;
    refuse_graph(VERSION "plugins: [x.so, /run/ringmill-no-such.so]\n" SOURCES SINKS PIPELINES,
                 "t.yaml:2:11: plugins[0]: write the absolute path of a plug-in\n"
                 "t.yaml:2:17: plugins[1]: /run/ringmill-no-such.so: No such file or directory\n");
}

static void branches_have_limits(void **state)
{
    _cleanup_(cleanup_free) char *many = repeat(
        HANDLERS, "      - tee: {handlers: [{forward: log}]}\n", 33, "      - forward: out\n");
    _cleanup_(cleanup_free) char *all =
        repeat(HANDLERS, "      - tee: {handlers: [" FOUR_FILTERS ", {forward: log}]}\n", 21,
               "      - forward: out\n      - forward: out\n      - forward: out\n");

    (void)state;
    refuse_graph(
        HANDLERS "      - route: [{handlers: [{route: [{handlers: [{route: [{handlers: "
                 "[{route: [{handlers: [{route: [{handlers: [{forward: "
                 "out}]}]}]}]}]}]}]}]}]}]\n",
        "t.yaml:8:112: "
        "pipelines.p.handlers[0].route[0].handlers[0].route[0].handlers[0].route[0].handlers[0]."
        "route[0].handlers[0].route[0].handlers: branches can be nested at most 4 deep\n");
    refuse_graph(many, "t.yaml:40:25: pipelines.p.handlers[32].tee.handlers: a pipeline can have "
                       "at most 32 branches\n");
    refuse_graph(all, "t.yaml:31:9: pipelines.p.handlers[23]: a pipeline can have at most 128 "
                      "handlers, including those in branches\n");
}

/* What `defs:` names is known to all handlers. */
static void named_expressions(void **state)
{
    struct built built =
        build(VERSION SOURCES SINKS "defs:\n  root: uid == 0\n  shell: comm in [\"sh\", \"bash\"]\n"
                                    "pipelines:\n"
                                    "  p: {from: exec, handlers: [{filter: root && !shell}, "
                                    "{forward: out}]}\n");

    (void)state;
    assert_int_equal(built.graph->chains[0]->n_handlers, 2);
    built_deinit(&built);
    refuse_graph(VERSION SOURCES SINKS "defs:\n  root: uidd == 0\n"
                                       "pipelines:\n"
                                       "  p: {from: exec, handlers: [{filter: root}, "
                                       "{forward: out}]}\n",
                 "t.yaml:5:9: defs.root: struct exec_event has no field uidd; did you mean uid? "
                 "(used by pipelines.p.handlers[0].filter, line 7)\n"
                 "    uidd == 0\n"
                 "    ^\n");
    /* whoever uses what is refused has no mistake of its own */
    refuse_graph(VERSION SOURCES SINKS "defs:\n  root: uid ==\n"
                                       "pipelines:\n"
                                       "  p: {from: exec, handlers: [{filter: root && pid > 1}, "
                                       "{forward: out}]}\n",
                 "t.yaml:5:15: defs.root: expected a field or a constant, but the expression ends\n"
                 "    uid ==\n"
                 "          ^\n");
    refuse_graph(VERSION SOURCES SINKS PIPELINES "defs:\n  a: b\n  b: a\n",
                 "t.yaml:7:6: defs.b: circular definition: b uses a, which leads back to b\n"
                 "    a\n"
                 "    ^\n");
}

/* They are macros of open(2), and in no type information. */
static void flags_of_open_have_names(void **state)
{
    struct built built =
        build(VERSION SOURCES SINKS "pipelines:\n"
                                    "  p: {from: open, handlers: [{filter: flags & O_CREAT && "
                                    "!(flags & (O_TRUNC | O_EXCL))}, {forward: out}]}\n");

    (void)state;
    assert_int_equal(built.graph->chains[0]->n_handlers, 2);
    built_deinit(&built);
    refuse_graph(VERSION SOURCES SINKS "pipelines:\n"
                                       "  p: {from: open, handlers: [{filter: flags & O_CREATE}, "
                                       "{forward: out}]}\n",
                 "t.yaml:5:47: pipelines.p.handlers[0].filter: flags has no value "
                 "O_CREATE; did you mean O_CREAT?\n"
                 "    flags & O_CREATE\n"
                 "            ^\n");
}

static void free_accepts_null(void **state)
{
    (void)state;
    graph_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections),
        cmocka_unit_test(names),
        cmocka_unit_test(sources),
        cmocka_unit_test(sinks),
        cmocka_unit_test(one_file_of_two_sinks),
        cmocka_unit_test(formats),
        cmocka_unit_test(formats_without_a_source),
        cmocka_unit_test(formats_of_one_type),
        cmocka_unit_test(headers),
        cmocka_unit_test(pipelines),
        cmocka_unit_test(handlers),
        cmocka_unit_test(one_mistake_is_one_message),
        cmocka_unit_test(all_mistakes_at_once),
        cmocka_unit_test(limits),
        cmocka_unit_test(a_pipeline_with_two_sources_has_two_chains),
        cmocka_unit_test(copies),
        cmocka_unit_test(a_sink_that_nobody_uses_is_fine),
        cmocka_unit_test(as_much_as_is_allowed),
        cmocka_unit_test(branches_stand_in_the_order_of_the_config),
        cmocka_unit_test(copies_over_branches),
        cmocka_unit_test(lists_must_lead_somewhere),
        cmocka_unit_test(branches_have_limits),
        cmocka_unit_test(plugins_are_checked_where_they_are_named),
        cmocka_unit_test(named_expressions),
        cmocka_unit_test(flags_of_open_have_names),
        cmocka_unit_test(free_accepts_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
