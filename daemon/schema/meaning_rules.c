// SPDX-License-Identifier: Apache-2.0

/* The conventions. The first row that knows the name and the type decides, whether its meaning fits
 * or not: so the first rows say what is to be left alone. */

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "schema/meaning.h"

enum { WORD_MAX = 64 }; /* bytes of one pattern */

struct rule {
    const char *names; /* patterns with *, by spaces */
    const char *types; /* C types, by commas; "": any */
    enum field_meaning meaning;
};

static const struct rule rules[] = {
    /* durations */
    {"*delta* *dur* *latency* *elapsed* *interval*", "", MEANING_NONE},

    {"*", "gadget_timestamp,boottime_t", MEANING_BOOTTIME},

    /* types that say what their numbers are, see bpf/names.bpf.h */
    {"*", "errno_t,gadget_errno", MEANING_ERRNO},
    {"*", "signal_t,gadget_signal", MEANING_SIGNAL},
    {"*", "syscall_t,gadget_syscall", MEANING_SYSCALL},
    {"*", "open_flags_t,gadget_file_flags", MEANING_OPEN_FLAGS},
    {"*", "mode_t,umode_t,gadget_file_mode", MEANING_MODE},
    {"*", "sa_family_t", MEANING_FAMILY},
    {"*", "tcp_state_t", MEANING_TCP_STATE},
    {"*", "tcp_flags_t", MEANING_TCP_FLAGS},
    {"*", "ip_proto_t", MEANING_IP_PROTO},
    {"*", "capability_t", MEANING_CAPABILITY},
    {"*", "capabilities_t", MEANING_CAPABILITIES},
    {"*", "mmap_prot_t", MEANING_MMAP_PROT},
    {"*", "mmap_flags_t", MEANING_MMAP_FLAGS},
    {"*", "clone_flags_t", MEANING_CLONE_FLAGS},

    {"*", "struct in_addr", MEANING_IPV4},
    {"*", "struct in6_addr", MEANING_IPV6},
    {"*addr *addr4 *addr_v4 *addr6 *addr_v6 ip *_ip ip4 *_ip4", "__be32,be32,__be32[4],be32[4]",
     MEANING_IPV4},
    {"saddr daddr saddr4 daddr4 saddr_v4 daddr_v4 *_saddr *_daddr *_saddr_v4 *_daddr_v4", "",
     MEANING_IPV4},
    {"saddr6 daddr6 saddr_v6 daddr_v6 *_saddr_v6 *_daddr_v6 ip6 ipv6 *_ip6 *_ipv6", "",
     MEANING_IPV6},
    {"*mac* h_dest h_source", "", MEANING_MAC},
    {"*port", "__be16,be16", MEANING_PORT_BE},

    /* of the other byte order, and jiffies */
    {"*", "__be16,__be32,__be64,be16,be32,be64", MEANING_NONE},
    {"*ts *timestamp *ktime *_ns", "unsigned long,long unsigned int", MEANING_NONE},

    {"boot_ns boottime_ns *_boot_ns *_boottime *_boottime_ns", "", MEANING_BOOTTIME},
    {"*boot*", "", MEANING_NONE}, /* of any clock */
    {"ktime ktime_ns *_ktime *_ktime_ns ts ts_ns *_ts *_ts_ns timestamp timestamp_ns *_timestamp "
     "*_timestamp_ns time_ns",
     "", MEANING_KTIME},
    {"unix_ns unix_time_ns wall_ns wall_time_ns realtime_ns", "", MEANING_UNIX_NS},

    {"*", "uid_t,gadget_uid", MEANING_UID},
    {"*", "gid_t,gadget_gid", MEANING_GID},
    {"uid euid suid ruid fsuid loginuid *_uid", "", MEANING_UID},
    {"gid egid sgid rgid fsgid *_gid", "", MEANING_GID},
    {"errno *_errno", "", MEANING_ERRNO},
    {"syscall_nr syscall_id __syscall_nr", "", MEANING_SYSCALL},
    {"kernel_stack kern_stack kstack", "", MEANING_KERNEL_STACK},
    {"tcp_flags tcpflags", "__u8,u8,unsigned char,uint8_t", MEANING_TCP_FLAGS},
    {"tcp_state tcpstate", "", MEANING_TCP_STATE},
    {"clone_flags", "", MEANING_CLONE_FLAGS},
    {"ip_proto ip_protocol ipproto", "", MEANING_IP_PROTO},
    {"cgroup_id cgroupid cgrp_id *_cgroup_id", "", MEANING_CGROUP_ID},
};

/* Whether one of the words fits, exactly or as a pattern. */
static bool is_among(const char *words, const char *separators, const char *text, bool patterns)
{
    while (*words) {
        size_t length = strcspn(words, separators);
        char word[WORD_MAX];

        snprintf(word, sizeof(word), "%.*s", (int)length, words);
        if (patterns ? fnmatch(word, text, 0) == 0 : strcmp(word, text) == 0)
            return true;
        words += length;
        words += strspn(words, separators);
    }
    return false;
}

/* An address of 16 bytes is the newer kind. */
static enum field_meaning by_size(const struct field *field, enum field_meaning meaning)
{
    return meaning == MEANING_IPV4 && field->size == 16 ? MEANING_IPV6 : meaning;
}

/* A choice may read a signed number or a text as something else, a convention does not; but numbers
 * that have names are often plain ints. */
static bool is_plain(const struct field *field, enum field_meaning meaning)
{
    if (field->bits || field->kind == FIELD_CHARS)
        return false;
    if (field->kind == FIELD_ARRAY)
        return field->members->kind == FIELD_UINT;
    if (field->kind == FIELD_STRUCT || field->kind == FIELD_UNION)
        return field->type_name && strncmp(field->type_name, "struct in", 9) == 0;
    return !field->is_signed || meaning_is_of_numbers(meaning);
}

/* Whether each of an enum's values is one bit or 0. Of 0, 1 and 2 alone nobody knows. */
static bool are_flags(const struct field *field)
{
    uint64_t mask = field->size < 8 ? (UINT64_C(1) << 8 * field->size) - 1 : UINT64_MAX;
    bool wide = false;

    for (uint32_t i = 0; i < field->n_names; i++) {
        uint64_t value = (uint64_t)field->names[i].value & mask;

        if (value & (value - 1))
            return false;
        wide = wide || value >= 4;
    }
    return wide;
}

enum field_meaning meaning_by_convention(const struct field *field, const char *name)
{
    const char *type = field->type_name ? field->type_name : "";

    if (field->kind == FIELD_ENUM)
        return are_flags(field) ? MEANING_FLAGS : MEANING_NONE;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        const struct rule *rule = &rules[i];
        enum field_meaning meaning = by_size(field, rule->meaning);

        if (!is_among(rule->names, " ", name, true) ||
            (*rule->types && !is_among(rule->types, ",", type, false)))
            continue;
        return meaning && meaning_fits(field, meaning) && is_plain(field, meaning) ? meaning
                                                                                   : MEANING_NONE;
    }
    return MEANING_NONE;
}

bool meaning_is_text(const struct field *field, const char *name)
{
    static const char not_texts[] = "qname *dns*"; /* names in the form of a DNS packet */
    static const char texts[] = "comm *_comm pcomm name *_name *name path *path args argv exe cmd "
                                "*cmdline command task msg message str *_str string disk";

    if (field->kind != FIELD_ARRAY || field->stride != 1 || field->count == 1 ||
        field->members->kind != FIELD_UINT || field->members->bits)
        return false;
    return is_among(texts, " ", name, true) && !is_among(not_texts, " ", name, true);
}
