// SPDX-License-Identifier: Apache-2.0

/* A pid cannot identify the owner: in a container each new process may have the same one. So each
 * process takes a random number. */

#include "source/ledger.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#define LEDGER_NAME  "ringmill_ledger"            /* the longest name that the kernel allows */
#define LEDGER_MAGIC UINT64_C(0x33676c6c696d6772) /* must change with the struct */

static uint64_t own_number(void)
{
    static uint64_t number;

    while (number == 0)
        if (getrandom(&number, sizeof(number), 0) != sizeof(number))
            number = (uint64_t)getpid();
    return number;
}

static struct ledger *map(int fd)
{
    void *page = mmap(NULL, sizeof(struct ledger), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return page == MAP_FAILED ? NULL : page;
}

int ledger_make(struct error *error)
{
    LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
    int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, LEDGER_NAME, sizeof(uint32_t),
                            sizeof(struct ledger), 1, &options);
    struct ledger *ledger;

    if (fd < 0)
        return error_set(error, -errno, "cannot create the ledger: %s", strerror(errno));
    ledger = map(fd);
    if (!ledger) {
        error_set(error, -errno, "cannot map the ledger: %s", strerror(errno));
        close(fd);
        return -EIO;
    }
    ledger->magic = LEDGER_MAGIC;
    ledger_close(ledger);
    return fd;
}

struct ledger *ledger_open(int fd)
{
    struct bpf_map_info info = {0};
    uint32_t size = sizeof(info);
    struct ledger *ledger;

    if (bpf_obj_get_info_by_fd(fd, &info, &size) < 0 || info.type != BPF_MAP_TYPE_ARRAY ||
        info.value_size != sizeof(struct ledger))
        return NULL;
    ledger = map(fd);
    if (!ledger || ledger->magic == LEDGER_MAGIC)
        return ledger;
    ledger_close(ledger);
    return NULL;
}

void ledger_close(struct ledger *ledger)
{
    if (ledger)
        munmap(ledger, sizeof(*ledger));
}

bool ledger_is_own(const struct ledger *ledger)
{
    return atomic_load(&ledger->owner) == own_number();
}

void ledger_enter(struct ledger *ledger)
{
    atomic_store(&ledger->owner, own_number());
}
