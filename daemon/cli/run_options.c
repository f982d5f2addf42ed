// SPDX-License-Identifier: Apache-2.0
#include "cli/run_options.h"

#include <string.h>

const struct run_source_option run_options[] = {
    {"object", "object", AT_SOURCE, ONE, PATH, "FILE",
     "load and attach this BPF object, and read its rings", OF_OBJECT},
    {"map", "map", AT_SOURCE, ONE, MAY_BE_PATH, "MAP",
     "read this existing ring: pinned path, id:N, or name", OF_OBJECT},
    {"ring", "rings", AT_NOTHING, MANY, NO_PATH, "NAME[=T]",
     "read only this ring of the object; may be repeated", OF_OBJECT},
    {"type", "type", AT_RING, ONE, NO_PATH, "T", "the type of the records, as in \"struct event\"",
     OF_OBJECT},
    {"select", "select", AT_RING, ONE, NO_PATH, "FIELD",
     "the field that says which type a record has", OF_OBJECT},
    {"types", "types", AT_RING, PAIRS, NO_PATH, "V=T", "the type for that value; may be repeated",
     OF_OBJECT},
    {"types-from", "types_from", AT_RING, ONE, PATH, "FILE",
     "a file with BTF or DWARF that describes the type", OF_OBJECT},
    {"layout", "layout", AT_RING, ONE, TEXT_OR_FILE, "FILE", "a C header with the type, or C text",
     OF_OBJECT},
    {"as", "as", AT_RING, PAIRS, NO_PATH, "FIELD=M",
     "the meaning of a field, as in saddr=ipv4 or args=texts:args_size", OF_OBJECT},
    {"lost", "lost", AT_RING, ONE, NO_PATH, "NAME", "the map or variable that counts lost records",
     OF_OBJECT},
    {"sequence", "sequence", AT_RING, ONE, NO_PATH, "FIELD",
     "the field that numbers the records; gaps count as lost", OF_OBJECT},
    {"order", "order", AT_RING, ONE, NO_PATH, "FIELD",
     "the time field by which the rings of several CPUs are merged", OF_OBJECT},
    {"program", "programs", AT_SOURCE, MANY, NO_PATH, "P",
     "load only this program, also if it is SEC(\"?...\"); may be repeated", OF_OBJECT},
    {"optional", "optional", AT_SOURCE, MANY, NO_PATH, "P",
     "continue if this program (all: any) cannot be loaded or attached; may be repeated",
     OF_OBJECT},
    {"constant", "constants", AT_SOURCE, PAIRS, NO_PATH, "NAME=V",
     "a value for a global variable, const volatile or not", OF_OBJECT},
    {"map-size", "maps", AT_SOURCE, SIZES, NO_PATH, "NAME=N",
     "the entries of a map, needed if the object has no size for it; may be repeated", OF_OBJECT},
    {"map-value", "maps", AT_SOURCE, VALUES, NO_PATH, "NAME[KEY]=V",
     "what is in a map at the start (a member: NAME[KEY].M=V); may be repeated", OF_OBJECT},
    {"inner-map", "maps", AT_SOURCE, INNER, NO_PATH, "NAME=T,K,V,N",
     "what the inner maps of a map of maps are like: type, bytes of key and value, entries",
     OF_OBJECT},
    {"ring-size", "ring_size", AT_SOURCE, ONE, NO_PATH, "SIZE", "the size of the rings, as in 4MiB",
     OF_BOTH},
    {"set", "", AT_SOURCE, KEYS, NO_PATH, "NAME=V",
     "a setting of the built-in source, see below; may be repeated", OF_BUILTIN},
    {"container", "container", AT_SOURCE, ONE, NO_PATH, "C",
     "only this container, by name, id or the beginning of its id", OF_BUILTIN},
    {"attach", "section", AT_ATTACH, ONE, NO_PATH, "P=SECTION",
     "attach program P as its SEC() would say, as in P=tc/ingress; P=none: do not attach it",
     OF_OBJECT},
    {"interface", "interface", AT_ATTACH, MANY, NO_PATH, "I",
     "the network interface for XDP, TC and socket programs; this and the next options can be for "
     "one program: P=I",
     OF_OBJECT},
    {"direction", "direction", AT_ATTACH, ONE, NO_PATH, "D", "ingress or egress, for TC programs",
     OF_OBJECT},
    {"cgroup", "cgroup", AT_ATTACH, ONE, PATH_OR_NUMBER, "FOLDER",
     "the cgroup for cgroup programs; of a built-in source (also by id): only this cgroup and all "
     "below",
     OF_BOTH},
    {"binary", "binary", AT_ATTACH, ONE, MAY_BE_PATH, "FILE",
     "the program or library that uprobes and USDT trace", OF_OBJECT},
    {"symbol", "symbol", AT_ATTACH, ONE, NO_PATH, "S", "the function, for uprobes and kprobes",
     OF_OBJECT},
    {"offset", "offset", AT_ATTACH, ONE, NO_PATH, "N",
     "bytes from the start of the function, or of the file without --symbol", OF_OBJECT},
    {"usdt", "usdt", AT_ATTACH, ONE, NO_PATH, "P:N", "the USDT probe, PROVIDER:NAME", OF_OBJECT},
    {"tracepoint", "tracepoint", AT_ATTACH, ONE, NO_PATH, "T",
     "the tracepoint, GROUP/NAME, for tracepoint programs that name none", OF_OBJECT},
    {"pid", "pid", AT_ATTACH, ONE, NO_PATH, "PID", "trace this process only, with its threads",
     OF_BOTH},
    {"perf", "perf", AT_ATTACH, ONE, NO_PATH, "HZ",
     "for perf_event programs: samples per second on each CPU", OF_OBJECT},
    {"every", "every", AT_ATTACH, ONE, NO_PATH, "TIME", "how often iterators are run, as in 5s",
     OF_OBJECT},
    {"elements", "elements", AT_ATTACH, ONE, NO_PATH, "MAP",
     "the map that iter/bpf_map_elem programs go through", OF_OBJECT},
    {"netfilter", "netfilter", AT_ATTACH, ONE, NO_PATH, "F/H",
     "the netfilter hook, FAMILY/HOOK, as in ipv4/input", OF_OBJECT},
    {"target", "target", AT_ATTACH, ONE, MAY_BE_PATH, "PROGRAM",
     "the BPF program, pinned path or id:N, for freplace, and fentry at its functions", OF_OBJECT},
    {"cookie", "cookie", AT_ATTACH, ONE, NO_PATH, "N",
     "what bpf_get_attach_cookie() returns, as P=N for each program", OF_OBJECT},
    {0},
};

const struct run_source_option *run_option_named(const char *name)
{
    for (const struct run_source_option *option = run_options; option->name; option++)
        if (strcmp(option->name, name) == 0)
            return option;
    return NULL;
}

const struct run_source_option *run_option_of(const char *key, size_t length)
{
    for (const struct run_source_option *option = run_options; option->name; option++)
        if (strlen(option->key) == length && strncmp(option->key, key, length) == 0)
            return option;
    return NULL;
}
