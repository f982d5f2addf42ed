// SPDX-License-Identifier: Apache-2.0

/* What the built-in programs' own BTF says of their events: these fields are what users write in
 * filters, so a change here is a change of the interface. Opening an object needs no privileges. */

#include <bpf/libbpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "schema/btf.h"
#include "schema/meaning.h"
#include "source/builtin.h"

/* The fields of struct process_fields, which all records have after ktime. */
#define PROCESS                                                                                 \
    " pid tid ppid ns_pid uid gid loginuid session comm parent_comm tty start cgroup_id mntns " \
    "pidns netns userns namespaces_known ancestors_known ancestors ancestor_count ancestor_pids"
#define SOCKET " pid_known" ENDS
#define ENDS   " family sport dport saddr daddr"

/* The fields of struct path_fields, of sources whose system calls name a file. */
#define PATHS \
    " path path_arg cwd dirfd_path inode device inode_known path_resolved path_truncated deleted"

/* Whose names are these, in this order. */
static void check_names(const struct schema *schema, const char *names)
{
    char list[1024] = "";

    for (uint32_t i = 0; i < schema->n_fields; i++) {
        const char *name = schema->fields[i].name;
        size_t length = strlen(list);

        snprintf(list + length, sizeof(list) - length, "%s%s", i > 0 ? " " : "", name);
    }
    assert_string_equal(list, names);
}

static void check_meaning(const struct schema *schema, const char *name, enum field_meaning meaning)
{
    for (uint32_t i = 0; i < schema->n_fields; i++) {
        if (strcmp(schema->fields[i].name, name) != 0)
            continue;
        assert_int_equal(schema->fields[i].meaning, meaning);
        return;
    }
    fail_msg("no field %s", name);
}

static void check(const char *name, const char *names)
{
    const struct builtin *builtin = builtin_find(name);
    size_t elf_size;
    const void *elf = builtin->elf(&elf_size);
    struct bpf_object *object = bpf_object__open_mem(elf, elf_size, NULL);
    _cleanup_(cleanup_schema_free) struct schema *schema = NULL;
    struct error error = {0};

    assert_non_null(object);
    if (schema_from_btf(bpf_object__btf(object), builtin->type_name, &error, &schema) < 0)
        fail_msg("%s", error.text);
    assert_int_equal(meaning_apply(schema, NULL, 0, NULL, NULL), 0);
    check_names(schema, names);
    check_meaning(schema, "ktime", MEANING_KTIME);
    check_meaning(schema, "start", MEANING_BOOTTIME);
    check_meaning(schema, "loginuid", MEANING_UID);
    check_meaning(schema, "cgroup_id", MEANING_CGROUP_ID);
    assert_non_null(bpf_object__find_map_by_name(object, "events"));
    assert_non_null(bpf_object__find_map_by_name(object, "events_lost"));
    bpf_object__close(object);
}

static void exec(void **state)
{
    (void)state;
    check("exec", "ktime" PROCESS " cap_effective error filename args args_truncated" PATHS);
}

static void exit_(void **state)
{
    (void)state;
    check("exit", "ktime" PROCESS " lifetime_ns exit_code signal core_dumped");
}

static void open_(void **state)
{
    (void)state;
    check("open", "ktime" PROCESS " flags mode fd error" PATHS);
}

static void connect_(void **state)
{
    (void)state;
    check("connect", "ktime" PROCESS SOCKET " direction oldstate newstate");
}

static void signal_(void **state)
{
    (void)state;
    check("signal", "ktime" PROCESS " signal code target_pid target_tid target_uid target_comm "
                    "group result");
}

static void network(void **state)
{
    (void)state;
    check("tcp", "ktime phase" PROCESS SOCKET " direction state error retransmits bytes_sent "
                 "bytes_received duration_ns");
    check("listen", "ktime" PROCESS " sport_known" ENDS " backlog");
    check("accept", "ktime" PROCESS ENDS " fd");
    check("udp", "ktime" PROCESS SOCKET " direction length displaced");
    check("dns", "ktime" PROCESS SOCKET " direction ip_proto kind id answers rcode truncated "
                 "malformed matched type latency_ns displaced addresses_truncated address_count "
                 "addresses name");
    check("retransmit", "ktime" PROCESS SOCKET " direction state length retransmits error");
}

static void system_(void **state)
{
    (void)state;
    check("fork", "ktime" PROCESS " child_pid child_tid child_ppid child_ns_pid child_comm "
                  "child_start child_cgroup_id clone_flags thread kernel_thread");
    check("module", "ktime" PROCESS " action error known path_truncated taints size name version "
                    "parameters path");
    check("setid", "ktime" PROCESS " cause syscall_nr error changed before after");
    check("ptrace", "ktime" PROCESS " request error target_arg target_known target_pid target_tid "
                    "target_uid target_comm addr data");
    check("bpf", "ktime" PROCESS " command error fd known id name prog_type has_attach_type "
                 "attach_type instructions translated_instructions jited_bytes license function "
                 "tag map_type key_size value_size max_entries map_flags");
    check("oom", "ktime" PROCESS " constraint constraint_known victim_known victim_pid victim_tid "
                 "victim_uid oom_score_adj victim_comm victim_start victim_cgroup_id total_vm "
                 "anon_rss file_rss shmem_rss page_tables");
    check("block", "ktime" PROCESS " submitter_known latency_known issued error operation flags "
                   "major minor device sector bytes latency_ns queue_ns device_ns");
}

#define PATH(name) " " name " " name "_arg " name "_resolved " name "_truncated"

static void delete_(void **state)
{
    (void)state;
    check("delete", "ktime" PROCESS " error directory" PATH("path"));
}

static void rename_(void **state)
{
    (void)state;
    check("rename", "ktime" PROCESS " error flags" PATH("old_path") PATH("new_path"));
}

static void link_(void **state)
{
    (void)state;
    check("link", "ktime" PROCESS " kind error" PATH("path") PATH("target"));
}

static void chmod_(void **state)
{
    (void)state;
    check("chmod",
          "ktime" PROCESS " call error mode mode_before mode_after modes_known" PATH("path"));
}

static void chown_(void **state)
{
    (void)state;
    check("chown", "ktime" PROCESS " call error new_uid new_gid uid_before gid_before uid_after "
                   "gid_after owners_known" PATH("path"));
}

static void mount_(void **state)
{
    (void)state;
    check("mount", "ktime" PROCESS " call error flags umount_flags move_flags attributes_set "
                   "attributes_cleared propagation type" PATH("mount_source") PATH("target"));
}

static void write_(void **state)
{
    (void)state;
    check("write", "ktime" PROCESS " bytes_written bytes_read writes reads duration_ns flags "
                   "closed deleted path_truncated path inode device");
}

static void unknown_names_are_not_found(void **state)
{
    (void)state;
    assert_null(builtin_find("exe"));
    assert_null(builtin_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exec),    cmocka_unit_test(exit_),
        cmocka_unit_test(open_),   cmocka_unit_test(connect_),
        cmocka_unit_test(signal_), cmocka_unit_test(network),
        cmocka_unit_test(system_), cmocka_unit_test(unknown_names_are_not_found),
        cmocka_unit_test(delete_), cmocka_unit_test(rename_),
        cmocka_unit_test(link_),   cmocka_unit_test(chmod_),
        cmocka_unit_test(chown_),  cmocka_unit_test(mount_),
        cmocka_unit_test(write_),  cmocka_unit_test(unknown_names_are_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
