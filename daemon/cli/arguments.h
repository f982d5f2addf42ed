// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A command line as a table: what it takes is written once, and both the reading and the usage come
 * from there. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/daemon.h"

enum { ARGUMENTS_MAX = 16 }; /* options of one command */

/* Reads an option's text into its place. Otherwise logs what is wrong with it and returns false. */
typedef bool (*argument_reader)(const char *option, const char *text, void *ret);

struct argument {
    const char *name;     /* without its dashes */
    const char *value;    /* what the usage calls its text: "FILE"; NULL: it has none */
    size_t offset;        /* of its place in what the command fills */
    argument_reader read; /* text is NULL where it has none */
    const char *doc;      /* for the usage; lines after the first stand below it */
};

/* What stands in a command line without an option. */
struct operand {
    const char *name; /* "MAP" */
    const char *doc;
};

struct command_line {
    const char *synopsis;           /* "ringmill observe [OPTIONS] MAP" */
    const struct operand *operands; /* for the usage, as the options; NULL: there are none */
    const char *notes;              /* its last lines; NULL: none */
    const struct argument *options; /* end with one without a name */
};

bool argument_flag(const char *option, const char *text, void *ret); /* bool */
bool argument_text(const char *option, const char *text, void *ret); /* const char *, borrowed */
/* uint64_t: a whole number from 1 to 10^15. */
bool argument_count(const char *option, const char *text, void *ret);

/* Reads all options into target; --help prints the usage and ends the process. EXIT_CODE_OK: optind
 * is where the operands begin; otherwise what is wrong has been said. */
enum exit_code arguments_read(const struct command_line *line, int argc, char **argv, void *target);
/* The same for a command without operands. */
enum exit_code arguments_read_all(const struct command_line *line, int argc, char **argv,
                                  void *target);
/* Says what is wrong, and the usage. Returns EXIT_CODE_ENVIRONMENT. */
enum exit_code arguments_refuse(const struct command_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
