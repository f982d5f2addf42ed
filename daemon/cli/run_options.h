// SPDX-License-Identifier: Apache-2.0
#pragma once

/* The options of `ringmill run` that describe its source: which config key each sets, and where. */

#include <stddef.h>

enum option_place { AT_SOURCE, AT_RING, AT_ATTACH, AT_NOTHING };

enum option_form {
    ONE,    /* key: "value" */
    MANY,   /* key: ["value", ...] */
    PAIRS,  /* key: {"name": "value", ...}, from NAME=VALUE */
    SIZES,  /* key: {"name": {size: "value"}, ...}, from NAME=VALUE */
    VALUES, /* key: {"name": {values: {key: "value"}}, ...}, from NAME[KEY]=VALUE, or with
             * {"member": "value"} from NAME[KEY].MEMBER=VALUE */
    INNER,  /* key: {"name": {inner: {type: , key: , value: , size: }}, ...}, from
             * NAME=TYPE,KEY,VALUE,SIZE */
    KEYS,   /* name: "value", from NAME=VALUE */
};

enum path {
    NO_PATH,
    PATH,
    PATH_OR_NUMBER,
    MAY_BE_PATH,  /* if it has a slash */
    TEXT_OR_FILE, /* its content */
};

/* Which sources have the option. */
enum option_of { OF_OBJECT /* some also of a map */, OF_BUILTIN, OF_BOTH };

struct run_source_option {
    const char *name;
    const char *key;
    enum option_place place;
    enum option_form form;
    enum path path;
    const char *argument;
    const char *doc;
    enum option_of of;
};

/* Ended by one without a name. */
extern const struct run_source_option run_options[];

/* The option that sets that key; NULL: none. */
const struct run_source_option *run_option_of(const char *key, size_t length);
/* The option of that name, without "--"; NULL: none. */
const struct run_source_option *run_option_named(const char *name);
