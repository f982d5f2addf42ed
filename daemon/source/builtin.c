// SPDX-License-Identifier: Apache-2.0

/* Of bpftool's skeletons only the embedded ELF is used: a built-in program then goes the same way
 * as any object that a user brings, and its field names come out of its BTF like theirs. */

#include "source/builtin.h"

#include <string.h>

#include "connect.skel.h"
#include "exec.skel.h"
#include "exit.skel.h"
#include "open.skel.h"
#include "signal.skel.h"

const struct builtin builtins[] = {
    {"exec", "struct exec_event", "programs started", exec_bpf__elf_bytes},
    {"exit", "struct exit_event", "processes ended", exit_bpf__elf_bytes},
    {"open", "struct open_event", "files opened, or not", open_bpf__elf_bytes},
    {"connect", "struct connect_event", "TCP connections, each change of state",
     connect_bpf__elf_bytes},
    {"signal", "struct signal_event", "signals sent", signal_bpf__elf_bytes},
    {0},
};

const struct builtin *builtin_find(const char *name)
{
    for (const struct builtin *builtin = builtins; builtin->name; builtin++)
        if (strcmp(builtin->name, name) == 0)
            return builtin;
    return NULL;
}
