// SPDX-License-Identifier: Apache-2.0

/* The path is read component by component from the root on. Each component is tried as a unit, as a
 * pod and as a container, until there is a container. */

#include "base/container_path.h"

#include <stddef.h>
#include <string.h>

/* A component, and the one above it. */
struct component {
    const char *bytes;
    uint32_t length;
};

struct path_reading {
    struct container_path *ret;
    struct component self, above;
    uint32_t depth;     /* of self; 1: directly below the root */
    bool is_below_pods; /* of the kubelet */
    bool is_below_lxc;  /* above is a folder of LXC's containers */
    bool ends;          /* what follows was named by the container, or by nobody who matters */
};

/* An id after a prefix, such as that of docker-ID.scope. Longer prefixes before their beginnings.
 */
static const struct {
    const char *prefix;
    enum container_runtime runtime;
} prefixes[] = {
    {"cri-containerd-", CONTAINER_CONTAINERD},
    {"nerdctl-", CONTAINER_CONTAINERD},
    {"libpod-payload-", CONTAINER_PODMAN},
    {"libpod-", CONTAINER_PODMAN},
    {"docker-", CONTAINER_DOCKER},
    {"crio-", CONTAINER_CRIO},
};

static const char *const names[CONTAINER_RUNTIMES] = {
    [CONTAINER_DOCKER] = "docker",   [CONTAINER_CONTAINERD] = "containerd",
    [CONTAINER_CRIO] = "cri-o",      [CONTAINER_PODMAN] = "podman",
    [CONTAINER_BUILDAH] = "buildah", [CONTAINER_NSPAWN] = "systemd-nspawn",
    [CONTAINER_LXC] = "lxc",         [CONTAINER_LIBVIRT_LXC] = "libvirt-lxc",
};

const char *container_runtime_name(enum container_runtime runtime)
{
    return names[runtime];
}

/* ---- texts ----------------------------------------------------------------------------------- */

static bool equals(const struct component *part, const char *text)
{
    return part->length == strlen(text) && memcmp(part->bytes, text, part->length) == 0;
}

static bool begins(const struct component *part, const char *text)
{
    return part->length >= strlen(text) && memcmp(part->bytes, text, strlen(text)) == 0;
}

static bool ends(const struct component *part, const char *text)
{
    size_t length = strlen(text);

    return part->length > length && memcmp(part->bytes + part->length - length, text, length) == 0;
}

static struct component without_begin(struct component part, const char *text)
{
    size_t length = strlen(text);

    return (struct component){part.bytes + length, part.length - (uint32_t)length};
}

static struct component without_end(struct component part, const char *text)
{
    if (ends(&part, text))
        part.length -= (uint32_t)strlen(text);
    return part;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_hex(const char *bytes, uint32_t length)
{
    for (uint32_t i = 0; i < length; i++)
        if (hex_digit(bytes[i]) < 0)
            return false;
    return length > 0;
}

static bool is_hash(const struct component *part)
{
    return part->length == CONTAINER_HASH && is_hex(part->bytes, part->length);
}

static bool is_name_byte(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.' || c == ':';
}

/* What may be an id, and a file name: LXC's and systemd's machines are named by their owners. */
static bool is_name(const struct component *part)
{
    for (uint32_t i = 0; i < part->length; i++)
        if (!is_name_byte(part->bytes[i]))
            return false;
    return part->length > 0 && part->length <= CONTAINER_ID_MAX && part->bytes[0] != '.';
}

static void copy(char *to, struct component part)
{
    memcpy(to, part.bytes, part.length);
    to[part.length] = '\0';
}

/* As systemd-escape(1) undoes it: \x2d is "-". False: it is not escaped properly, or too long. */
static bool unescape(struct component part, char *to, struct component *ret)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < part.length && n < CONTAINER_ID_MAX; i++) {
        bool is_code = part.bytes[i] == '\\';

        if (is_code &&
            (part.length - i < 4 || part.bytes[i + 1] != 'x' || !is_hex(part.bytes + i + 2, 2)))
            return false;
        to[n++] = is_code ? (char)(hex_digit(part.bytes[i + 2]) << 4 | hex_digit(part.bytes[i + 3]))
                          : part.bytes[i];
        i += is_code ? 3 : 0;
    }
    *ret = (struct component){to, n};
    return n < CONTAINER_ID_MAX;
}

/* ---- containers ------------------------------------------------------------------------------ */

static void enter(struct path_reading *reading, struct component id, enum container_runtime runtime)
{
    copy(reading->ret->id, id);
    reading->ret->runtime = runtime;
    reading->ends = true;
}

/* Fargate's: 32 hexadecimal digits and a number. */
static bool is_ecs_id(const struct component *part)
{
    if (part->length < 34 || part->length > CONTAINER_HASH || !is_hex(part->bytes, 32) ||
        part->bytes[32] != '-')
        return false;
    for (uint32_t i = 33; i < part->length; i++)
        if (part->bytes[i] < '0' || part->bytes[i] > '9')
            return false;
    return true;
}

/* A bare id. Whoever named the folder above says which runtime it is, or nobody does: the kubelet
 * gives all of them the same place. */
static void read_bare(struct path_reading *reading)
{
    const struct component *above = &reading->above;

    if (equals(above, "libpod_parent"))
        return; /* a pod of podman */
    if (is_hash(&reading->self))
        enter(reading, reading->self,
              reading->depth == 2 && equals(above, "docker") ? CONTAINER_DOCKER
              : reading->depth == 2 && (equals(above, "k8s.io") || equals(above, "default"))
                  ? CONTAINER_CONTAINERD
                  : CONTAINER_UNKNOWN);
    else if (is_ecs_id(&reading->self) && reading->depth > 2)
        enter(reading, reading->self, CONTAINER_UNKNOWN);
}

/* PREFIX-ID.scope of the systemd driver; PREFIX-ID of the cgroupfs driver. */
static void read_prefixed(struct path_reading *reading)
{
    struct component id, bare = without_end(reading->self, ".scope");

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
        if (!begins(&bare, prefixes[i].prefix))
            continue;
        id = without_begin(bare, prefixes[i].prefix);
        if (is_hash(&id))
            enter(reading, id, prefixes[i].runtime);
    }
    if (begins(&bare, "buildah-")) {
        id = without_begin(bare, "buildah-");
        if (is_name(&id))
            enter(reading, id, CONTAINER_BUILDAH);
    }
}

/* SLICE:PREFIX:ID, a place for the driver systemd, which runc makes a folder of when it uses
 * the driver cgroupfs. */
static void read_literal(struct path_reading *reading)
{
    const char *second = memrchr(reading->self.bytes, ':', reading->self.length), *first;
    struct component id, prefix;

    if (!second || second == reading->self.bytes)
        return;
    first = memrchr(reading->self.bytes, ':', (size_t)(second - reading->self.bytes));
    if (!first)
        return;
    prefix = (struct component){first + 1, (uint32_t)(second - first - 1)};
    id = (struct component){second + 1,
                            reading->self.length - (uint32_t)(second + 1 - reading->self.bytes)};
    if (is_hash(&id))
        enter(reading, id,
              equals(&prefix, "docker")           ? CONTAINER_DOCKER
              : equals(&prefix, "cri-containerd") ? CONTAINER_CONTAINERD
              : equals(&prefix, "crio")           ? CONTAINER_CRIO
                                                  : CONTAINER_UNKNOWN);
}

/* lxc.payload.NAME and lxc.payload/NAME, and lxc/NAME before LXC 4. */
static void read_lxc(struct path_reading *reading)
{
    struct component name = reading->self;

    if (begins(&name, "lxc.payload."))
        name = without_begin(name, "lxc.payload.");
    else if (!reading->is_below_lxc)
        return;
    if (is_name(&name))
        enter(reading, name, CONTAINER_LXC);
}

/* machine-NAME.scope of systemd-machined. libvirt calls its domains KIND-NUMBER-NAME. */
static void read_machine(struct path_reading *reading)
{
    struct component name = without_begin(without_end(reading->self, ".scope"), "machine-"), id;
    char text[CONTAINER_ID_MAX];

    reading->ends = true;
    if (!unescape(name, text, &id) || !is_name(&id) || begins(&id, "qemu-"))
        return;
    enter(reading, id, begins(&id, "lxc-") ? CONTAINER_LIBVIRT_LXC : CONTAINER_UNKNOWN);
    reading->ret->is_machine = true;
}

static void read_nspawn(struct path_reading *reading)
{
    struct component name =
        without_begin(without_end(reading->self, ".service"), "systemd-nspawn@");
    struct component id;
    char text[CONTAINER_ID_MAX];

    if (unescape(name, text, &id) && is_name(&id))
        enter(reading, id, CONTAINER_NSPAWN);
    reading->ends = true;
}

static void read_container(struct path_reading *reading)
{
    if (begins(&reading->self, "machine-") && ends(&reading->self, ".scope"))
        read_machine(reading);
    else if (begins(&reading->self, "systemd-nspawn@") && ends(&reading->self, ".service"))
        read_nspawn(reading);
    if (!reading->ends)
        read_prefixed(reading);
    if (!reading->ends)
        read_literal(reading);
    if (!reading->ends)
        read_lxc(reading);
    if (!reading->ends)
        read_bare(reading);
}

/* ---- pods ------------------------------------------------------------------------------------ */

static bool is_uid(const struct component *part)
{
    return is_name(part) && part->length <= CONTAINER_UID_MAX;
}

/* The systemd driver writes "_" for "-", which separates slices. */
static void enter_uid(struct path_reading *reading, struct component uid, bool is_escaped)
{
    if (!is_uid(&uid))
        return;
    copy(reading->ret->pod_uid, uid);
    for (char *c = reading->ret->pod_uid; is_escaped && *c; c++)
        if (*c == '_')
            *c = '-';
}

/* ...-podUID of a slice's name, from the last "-pod" on. */
static void read_slice_pod(struct path_reading *reading, struct component slice)
{
    for (uint32_t at = slice.length; at-- > 0;) {
        struct component rest = {slice.bytes + at, slice.length - at};

        if (begins(&rest, "-pod") && rest.length > 4) {
            enter_uid(reading, without_begin(rest, "-pod"), true);
            return;
        }
    }
}

static void read_pod(struct path_reading *reading)
{
    struct component self = reading->self;
    const char *colon = memchr(self.bytes, ':', self.length);

    if (colon)
        self.length = (uint32_t)(colon - self.bytes);
    if (begins(&self, "kubepods") || begins(&self, "kubelet-kubepods")) {
        reading->is_below_pods = true;
        if (ends(&self, ".slice"))
            read_slice_pod(reading, without_end(self, ".slice"));
    } else if (reading->is_below_pods && begins(&self, "pod")) {
        enter_uid(reading, without_begin(self, "pod"), false);
    }
}

/* ---- units ----------------------------------------------------------------------------------- */

static bool is_unit(const struct component *part)
{
    return ends(part, ".service") || ends(part, ".scope") || ends(part, ".socket") ||
           ends(part, ".mount") || ends(part, ".swap");
}

/* systemd puts a "_" before a name that would look like a file of the kernel. */
static struct component unit_of(struct component part)
{
    return part.bytes[0] == '_' ? without_begin(part, "_") : part;
}

/* Slices lie in slices, and a unit in the last one; a user's systemd has such a tree once more
 * below its own unit, user@UID.service. What is below a unit is not systemd's. */
static void read_unit(struct path_reading *reading, bool *is_done)
{
    struct container_path *ret = reading->ret;
    struct component unit = unit_of(reading->self);
    bool is_slice = ends(&reading->self, ".slice");

    if (is_slice && !ret->unit) {
        ret->slice = reading->self.bytes;
        ret->slice_length = reading->self.length;
    } else if (!is_slice && !ret->unit && is_unit(&unit)) {
        ret->unit = unit.bytes;
        ret->unit_length = unit.length;
        *is_done = !begins(&unit, "user@");
    } else if (!is_slice) {
        if (ret->unit && is_unit(&unit)) {
            ret->user_unit = unit.bytes;
            ret->user_unit_length = unit.length;
        }
        *is_done = true;
    }
}

/* ---- all ------------------------------------------------------------------------------------- */

static bool next(const char **at, const char *end, struct component *ret)
{
    const char *slash;

    while (*at < end && **at == '/')
        (*at)++;
    if (*at == end)
        return false;
    slash = memchr(*at, '/', (size_t)(end - *at));
    *ret = (struct component){*at, (uint32_t)((slash ? slash : end) - *at)};
    *at += ret->length;
    return true;
}

static bool is_lxc_folder(const struct component *part)
{
    return equals(part, "lxc") || equals(part, "lxc.payload");
}

/* nspawn itself, and not what runs in it. */
static bool is_supervisor(const struct component *part)
{
    return equals(part, "supervisor");
}

void container_path_read(const char *path, uint32_t length, struct container_path *ret)
{
    struct path_reading reading = {.ret = ret};
    const char *at = path, *end = path + length;
    bool units_done = false, is_first_below;

    memset(ret, 0, sizeof(*ret));
    while (next(&at, end, &reading.self)) {
        is_first_below = reading.ends;
        reading.depth++;
        if (is_first_below && is_supervisor(&reading.self) &&
            (ret->is_machine || ret->runtime == CONTAINER_NSPAWN)) {
            ret->id[0] = '\0';
            ret->runtime = CONTAINER_UNKNOWN;
            ret->is_machine = false;
        }
        if (!units_done)
            read_unit(&reading, &units_done);
        if (is_first_below)
            break;
        if (reading.depth == 1)
            ret->is_users = equals(&reading.self, "user.slice");
        read_pod(&reading);
        read_container(&reading);
        reading.is_below_lxc = reading.depth == 1 && is_lxc_folder(&reading.self);
        reading.above = reading.self;
    }
}
