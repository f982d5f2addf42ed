// SPDX-License-Identifier: Apache-2.0
#include "record/id_kind.h"

bool id_kind_of(enum field_meaning meaning, enum resolver_kind *ret)
{
    switch (meaning) {
    case MEANING_UID:
        *ret = RESOLVER_UID;
        return true;
    case MEANING_GID:
        *ret = RESOLVER_GID;
        return true;
    case MEANING_CGROUP_ID:
        *ret = RESOLVER_CGROUP;
        return true;
    default:
        return false;
    }
}
