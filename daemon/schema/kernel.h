// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The types of rings that are in the kernel already. */

#include "base/error.h"

struct btf;

/* As many maps as libbpf lets one program use; more are not looked at. */
enum { KERNEL_PROGRAM_MAPS_MAX = 64 };

/* The types of a program that uses the map: of several programs, of the first whose BTF has the
 * type (type_name NULL: whose conventions name one), or else of the first that has any struct. The
 * caller frees *ret_btf with btf__free(). Takes CAP_SYS_ADMIN; any thread.
 *
 * 0, or -errno and a sentence: -ENOENT, no program uses the map, or none has types; -EPERM. */
int kernel_map_btf(int map_fd, const char *type_name, struct error *error, struct btf **ret_btf);
