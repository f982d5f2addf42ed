// SPDX-License-Identifier: Apache-2.0

/* sd_listen_fds_with_names() can be asked only once when it is to clean the environment, and who
 * is to have which of the descriptors is known at several places; so the list is here. */

#include "base/passed_fds.h"

#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

struct passed_fd {
    int fd;
    char *name;
};

static struct passed_fd *passed;
static uint32_t n_passed;

static void add(int fd, char *name)
{
    if (n_passed < PASSED_FDS_MAX) {
        passed[n_passed++] = (struct passed_fd){fd, name};
        return;
    }
    close(fd);
    free(name);
}

void passed_fds_init(void)
{
    char **names = NULL;
    int count = sd_listen_fds_with_names(1, &names);

    passed_fds_deinit();
    if (count > 0)
        passed = calloc(PASSED_FDS_MAX, sizeof(*passed));
    for (int i = 0; i < count && passed; i++)
        add(SD_LISTEN_FDS_START + i, names[i]);
    free(names);
}

static void forget(uint32_t index)
{
    free(passed[index].name);
    n_passed--;
    memmove(&passed[index], &passed[index + 1], (n_passed - index) * sizeof(*passed));
}

uint32_t passed_fds_deinit(void)
{
    uint32_t left = n_passed;

    while (n_passed > 0) {
        close(passed[n_passed - 1].fd);
        forget(n_passed - 1);
    }
    free(passed);
    passed = NULL;
    return left;
}

int passed_fds_take(const char *name)
{
    for (uint32_t i = 0; i < n_passed; i++)
        if (strcmp(passed[i].name, name) == 0) {
            int fd = passed[i].fd;

            forget(i);
            return fd;
        }
    return -1;
}

const char *passed_fds_name(uint32_t index)
{
    return index < n_passed ? passed[index].name : NULL;
}
