// SPDX-License-Identifier: Apache-2.0

/* A file of the runtime is there before the container's first program runs; the kubelet's links in
 * /var/log/containers come later and have no image, so they are asked last. Where the path of the
 * cgroup does not say which runtime it is, the one whose file is there is it.
 *
 * An id that comes from below user.slice is not looked up: any user could call a cgroup by the id
 * of a container of the system, and its own runtime keeps its files in the user's home. */

#include "base/container_state.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

enum { PATH_ROOM = 1024 };

/* ---- files ----------------------------------------------------------------------------------- */

/* Bytes of a file that may be read; 0: none. */
static size_t size_of(int fd)
{
    struct stat info;

    return fstat(fd, &info) == 0 && S_ISREG(info.st_mode) && info.st_size > 0 &&
                   info.st_size <= CONTAINER_STATE_BYTES
               ? (size_t)info.st_size
               : 0;
}

/* What a file has, NUL-ended; NULL: it cannot be read, is empty or too long. The caller frees it.
 */
static char *read_file(const char *path, size_t *ret_length)
{
    _cleanup_(cleanup_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    size_t size = fd >= 0 ? size_of(fd) : 0, length = 0;
    char *bytes = size > 0 ? malloc(size + 1) : NULL;
    ssize_t n = 1;

    while (bytes && n > 0 && length < size) {
        n = read(fd, bytes + length, size - length);
        length += n > 0 ? (size_t)n : 0;
    }
    if (bytes)
        bytes[length] = '\0';
    *ret_length = length;
    return bytes;
}

static json_t *read_json(const char *path)
{
    size_t length;
    _cleanup_(cleanup_free) char *bytes = read_file(path, &length);

    return bytes ? json_loadb(bytes, length, 0, NULL) : NULL;
}

__attribute__((format(printf, 2, 3))) static bool make_path(char *to, const char *format, ...)
{
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(to, PATH_ROOM, format, arguments);
    va_end(arguments);
    return length >= 0 && length < PATH_ROOM;
}

/* Calls visit for the entries of a folder until it returns true. */
static bool each_entry(const char *path, bool (*visit)(void *data, const char *name), void *data)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    bool found = false;

    for (uint32_t i = 0;
         folder && !found && i < CONTAINER_STATE_ENTRIES && (entry = readdir(folder)); i++)
        found = entry->d_name[0] != '.' && visit(data, entry->d_name);
    if (folder)
        closedir(folder);
    return found;
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void keep_part(char *to, const char *text, size_t length)
{
    if (to[0] || length == 0 || length > CONTAINER_TEXT_MAX)
        return;
    memcpy(to, text, length);
    to[length] = '\0';
}

/* The first source that says something counts. */
static void keep_text(char *to, const char *text)
{
    if (text)
        keep_part(to, text, strlen(text));
}

static void keep_json(char *to, const json_t *object, const char *key)
{
    keep_text(to, json_string_value(json_object_get(object, key)));
}

/* ---- docker ---------------------------------------------------------------------------------- */

/* Labels of the kubelet, which cri-dockerd gives to docker; also annotations of CRI-O. */
static void keep_labels(const json_t *labels, struct container_state *state)
{
    keep_json(state->pod, labels, "io.kubernetes.pod.name");
    keep_json(state->namespace, labels, "io.kubernetes.pod.namespace");
    keep_json(state->pod_uid, labels, "io.kubernetes.pod.uid");
    keep_json(state->name, labels, "io.kubernetes.container.name");
}

static bool read_docker(const char *root, const char *id, struct container_state *state)
{
    char path[PATH_ROOM];
    json_t *file = make_path(path, "%s/var/lib/docker/containers/%s/config.v2.json", root, id)
                       ? read_json(path)
                       : NULL;
    const json_t *config = json_object_get(file, "Config");
    const char *name = json_string_value(json_object_get(file, "Name"));

    if (!json_is_object(file)) {
        json_decref(file);
        return false;
    }
    keep_labels(json_object_get(config, "Labels"), state);
    keep_text(state->name, name && name[0] == '/' ? name + 1 : name);
    keep_json(state->image, config, "Image");
    state->runtime = CONTAINER_DOCKER;
    json_decref(file);
    return true;
}

/* ---- bundles of OCI runtimes ----------------------------------------------------------------- */

/* Where a container of this id has its bundle. */
struct bundle {
    const char *folder; /* of the namespaces */
    const char *id;
    struct container_state *state;
};

static void keep_annotations(const json_t *notes, struct container_state *state)
{
    keep_json(state->pod, notes, "io.kubernetes.cri.sandbox-name");
    keep_json(state->namespace, notes, "io.kubernetes.cri.sandbox-namespace");
    keep_json(state->pod_uid, notes, "io.kubernetes.cri.sandbox-uid");
    keep_json(state->name, notes, "io.kubernetes.cri.container-name");
    keep_json(state->image, notes, "io.kubernetes.cri.image-name");
    keep_labels(notes, state);
    keep_json(state->image, notes, "io.kubernetes.cri-o.ImageName");
    keep_json(state->image, notes, "io.kubernetes.cri-o.Image");
    keep_json(state->name, notes, "nerdctl/name");
}

/* False: there is no such file. */
static bool read_bundle(const char *path, struct container_state *state)
{
    json_t *file = read_json(path);
    bool is_object = json_is_object(file);

    keep_annotations(json_object_get(file, "annotations"), state);
    json_decref(file);
    return is_object;
}

/* docker's own containers are in the namespace moby; their names are in docker's files. */
static bool visit_namespace(void *data, const char *name)
{
    const struct bundle *bundle = data;
    char path[PATH_ROOM];

    return make_path(path, "%s/%s/%s/config.json", bundle->folder, name, bundle->id) &&
           strcmp(name, "moby") != 0 && read_bundle(path, bundle->state);
}

static bool read_containerd(const char *root, const char *id, struct container_state *state)
{
    /* the second: k3s and RKE2 */
    static const char *const places[] = {"run/containerd", "run/k3s/containerd"};
    char folder[PATH_ROOM];

    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        struct bundle bundle = {folder, id, state};

        if (make_path(folder, "%s/%s/io.containerd.runtime.v2.task", root, places[i]) &&
            each_entry(folder, visit_namespace, &bundle)) {
            state->runtime = CONTAINER_CONTAINERD;
            return true;
        }
    }
    return false;
}

/* ---- CRI-O and podman ------------------------------------------------------------------------ */

/* An entry of containers.json: its metadata are JSON in a text. */
static void keep_stored(const json_t *entry, struct container_state *state)
{
    const char *text = json_string_value(json_object_get(entry, "metadata"));
    json_t *metadata = text ? json_loads(text, 0, NULL) : NULL;

    keep_json(state->name, metadata, "metadata-name");
    keep_json(state->name, metadata, "name");
    keep_json(state->image, metadata, "image-name");
    keep_text(state->name, json_string_value(json_array_get(json_object_get(entry, "names"), 0)));
    json_decref(metadata);
}

static bool read_stored(const char *path, const char *id, struct container_state *state)
{
    json_t *file = read_json(path), *entry;
    bool found = false;
    size_t i;

    json_array_foreach(file, i, entry)
    {
        const char *other = json_string_value(json_object_get(entry, "id"));

        if (other && strcmp(other, id) == 0) {
            keep_stored(entry, state);
            found = true;
            break;
        }
    }
    json_decref(file);
    return found;
}

/* volatile-containers.json has those of `podman run --rm`, beside the other list or in /run. */
static bool read_storage_of(const char *root, const char *driver, const char *id,
                            struct container_state *state)
{
    static const struct {
        const char *folder, *file;
    } lists[] = {{"var/lib", "containers.json"},
                 {"run", "volatile-containers.json"},
                 {"var/lib", "volatile-containers.json"}};
    char path[PATH_ROOM];
    bool found = make_path(path, "%s/run/containers/storage/%s-containers/%s/userdata/config.json",
                           root, driver, id) &&
                 read_bundle(path, state);

    for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
        if (make_path(path, "%s/%s/containers/storage/%s-containers/%s", root, lists[i].folder,
                      driver, lists[i].file))
            found |= read_stored(path, id, state);
    return found;
}

static void read_storage(const char *root, const char *id, struct container_state *state)
{
    static const char *const drivers[] = {"overlay", "vfs", "btrfs", "zfs"};

    for (size_t i = 0; i < sizeof(drivers) / sizeof(*drivers); i++)
        if (read_storage_of(root, drivers[i], id, state))
            return;
}

/* ---- the kubelet ----------------------------------------------------------------------------- */

struct log_search {
    const char *key; /* id or uid */
    struct container_state *state;
};

/* Whether the name ends in "SEPARATOR key SUFFIX"; *ret is the length of what is before. */
static bool splits(const char *name, char separator, const char *key, const char *suffix,
                   size_t *ret)
{
    size_t length = strlen(name), n = strlen(key), tail = strlen(suffix);

    if (length < n + tail + 2 || strcmp(name + length - tail, suffix) != 0 ||
        memcmp(name + length - tail - n, key, n) != 0 || name[length - tail - n - 1] != separator)
        return false;
    *ret = length - tail - n - 1;
    return true;
}

/* POD_NAMESPACE_CONTAINER-ID.log; none of the three has a "_". */
static bool visit_container_log(void *data, const char *name)
{
    const struct log_search *search = data;
    const char *first = strchr(name, '_'), *second = first ? strchr(first + 1, '_') : NULL;
    size_t length;

    if (!second || !splits(name, '-', search->key, ".log", &length) || name + length < second)
        return false;
    keep_part(search->state->pod, name, (size_t)(first - name));
    keep_part(search->state->namespace, first + 1, (size_t)(second - first - 1));
    keep_part(search->state->name, second + 1, length - (size_t)(second + 1 - name));
    return true;
}

/* NAMESPACE_POD_UID */
static bool visit_pod_log(void *data, const char *name)
{
    const struct log_search *search = data;
    const char *first = strchr(name, '_');
    size_t length;

    if (!first || !splits(name, '_', search->key, "", &length) || name + length < first + 1)
        return false;
    keep_part(search->state->namespace, name, (size_t)(first - name));
    keep_part(search->state->pod, first + 1, length - (size_t)(first + 1 - name));
    return true;
}

static void read_kubelet(const char *root, const struct container_path *path,
                         struct container_state *state)
{
    struct log_search by_id = {path->id, state}, by_uid = {path->pod_uid, state};
    char folder[PATH_ROOM];

    if (path->id[0] && !state->name[0] && make_path(folder, "%s/var/log/containers", root))
        each_entry(folder, visit_container_log, &by_id);
    if (path->pod_uid[0] && !state->pod[0] && make_path(folder, "%s/var/log/pods", root))
        each_entry(folder, visit_pod_log, &by_uid);
}

/* ---- systemd-machined ------------------------------------------------------------------------ */

/* Whether the lines have KEY=value exactly. */
static bool has_line(const char *lines, const char *line)
{
    size_t length = strlen(line);

    for (const char *at = lines; at; at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL)
        if (strncmp(at, line, length) == 0 && (at[length] == '\n' || at[length] == '\0'))
            return true;
    return false;
}

static void read_machine(const char *root, const char *name, struct container_state *state)
{
    char path[PATH_ROOM];
    size_t length;
    _cleanup_(cleanup_free) char *lines =
        make_path(path, "%s/run/systemd/machines/%s", root, name) ? read_file(path, &length) : NULL;

    if (!lines)
        return;
    state->is_virtual_machine = has_line(lines, "CLASS=vm");
    if (has_line(lines, "SERVICE=systemd-nspawn"))
        state->runtime = CONTAINER_NSPAWN;
    else if (has_line(lines, "SERVICE=libvirt-lxc"))
        state->runtime = CONTAINER_LIBVIRT_LXC;
}

/* ---- all ------------------------------------------------------------------------------------- */

static bool may_be(const struct container_path *path, enum container_runtime runtime)
{
    return path->runtime == runtime || path->runtime == CONTAINER_UNKNOWN;
}

static void read_hash(const char *root, const struct container_path *path,
                      struct container_state *state)
{
    bool found = may_be(path, CONTAINER_DOCKER) && read_docker(root, path->id, state);

    if (!found && may_be(path, CONTAINER_CONTAINERD))
        found = read_containerd(root, path->id, state);
    if (!found && path->runtime != CONTAINER_DOCKER && path->runtime != CONTAINER_CONTAINERD)
        read_storage(root, path->id, state);
}

void container_state_read(const char *root, const struct container_path *path,
                          struct container_state *ret)
{
    memset(ret, 0, sizeof(*ret));
    ret->runtime = path->runtime;
    if (path->is_users)
        return;
    if (path->is_machine)
        read_machine(root, path->id, ret);
    else if (strlen(path->id) == CONTAINER_HASH)
        read_hash(root, path, ret);
    read_kubelet(root, path, ret);
    if (path->runtime == CONTAINER_NSPAWN || path->runtime == CONTAINER_LXC || path->is_machine)
        keep_text(ret->name, path->id);
}
