// SPDX-License-Identifier: Apache-2.0

/* Input: the path of a cgroup, up to its first NUL, and what a container runtime's file has.
 * Whatever the bytes, the path is read, its ids could be names of files, and files give texts that
 * fit. The path is also the name of a log of the kubelet's. */

#include <ctype.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/container_names.h"
#include "base/container_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PATH_LENGTH_MAX = 496 };

#define ID "3f4e0c5d6b7a89900112233445566778899aabbccddeeff00112233445566778"

static const char *const files[] = {
    "/var/lib/docker/containers/" ID "/config.v2.json",
    "/run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json",
    "/var/lib/containers/storage/overlay-containers/containers.json",
    "/run/systemd/machines/web",
};

static const char *const paths[] = {
    "/docker/" ID,
    "/kubepods/pod7d0c2c5e/" ID,
    "/libpod_parent/libpod-" ID,
    "/machine.slice/machine-web.scope",
};

static char root[64];

static void demand(int truth)
{
    if (!truth)
        abort();
}

static void remove_root(void)
{
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", root);
    demand(system(command) == 0);
}

static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

static void begin(void)
{
    char path[512];

    strcpy(root, "/tmp/ringmill-fuzz.XXXXXX");
    demand(mkdtemp(root) != NULL);
    atexit(remove_root);
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        snprintf(path, sizeof(path), "%s%s", root, files[i]);
        make_folders(path);
    }
    snprintf(path, sizeof(path), "%s/var/log/containers/", root);
    make_folders(path);
}

static int is_harmless(const char *text)
{
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("-_.:", *text))
            return 0;
    return 1;
}

static void read_path(const char *bytes, uint32_t length)
{
    struct container_path path;
    char name[CONTAINER_TEXT_MAX];

    container_path_read(bytes, length, &path);
    demand(strlen(path.id) <= CONTAINER_ID_MAX && is_harmless(path.id) && path.id[0] != '.');
    demand(strlen(path.pod_uid) <= CONTAINER_UID_MAX && is_harmless(path.pod_uid));
    demand(!path.unit || (path.unit >= bytes && path.unit + path.unit_length <= bytes + length));
    demand(!path.user_unit || path.user_unit + path.user_unit_length <= bytes + length);
    demand(!path.slice || path.slice + path.slice_length <= bytes + length);
    for (uint32_t i = 0; i < CONTAINER_NAMES; i++) {
        static struct container_names *names;
        bool is_final;
        int n;

        if (!names)
            names = container_names_new("/nowhere");
        demand(names != NULL);
        n = container_names_find(names, i, bytes, length, 1, name, &is_final);
        demand(n < 0 || (n > 0 && n <= CONTAINER_TEXT_MAX));
    }
}

static void read_files(const char *log, const char *bytes, size_t length)
{
    size_t which = length % (sizeof(files) / sizeof(*files));
    struct container_state state;
    struct container_path path;
    char place[512], log_place[1024];
    int fd;

    snprintf(place, sizeof(place), "%s%s", root, files[which]);
    snprintf(log_place, sizeof(log_place), "%s/var/log/containers/%s-%s.log", root, log, ID);
    fd = open(place, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    demand(fd >= 0 && write(fd, bytes, length) == (ssize_t)length);
    close(fd);
    fd = strlen(log) < 150 && !strchr(log, '/') ? open(log_place, O_WRONLY | O_CREAT, 0600) : -1;
    container_path_read(paths[which], (uint32_t)strlen(paths[which]), &path);
    container_state_read(root, &path, &state);
    demand(strlen(state.name) <= CONTAINER_TEXT_MAX && strlen(state.image) <= CONTAINER_TEXT_MAX &&
           strlen(state.pod) <= CONTAINER_TEXT_MAX &&
           strlen(state.namespace) <= CONTAINER_TEXT_MAX);
    if (fd >= 0) {
        close(fd);
        unlink(log_place);
    }
    unlink(place);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *nul = memchr(data, '\0', size);
    size_t length = nul ? (size_t)(nul - (const char *)data) : size;
    char *path;

    if (!root[0])
        begin();
    if (length > PATH_LENGTH_MAX)
        return 0;
    path = malloc(length + 1); /* so that ASan sees a byte too many */
    demand(path != NULL);
    memcpy(path, data, length);
    path[length] = '\0';
    read_path(path, (uint32_t)length);
    if (nul)
        read_files(path, nul + 1, size - length - 1);
    free(path);
    return 0;
}
