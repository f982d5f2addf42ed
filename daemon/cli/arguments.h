// SPDX-License-Identifier: Apache-2.0
#pragma once

/* A command line as a table: its options are described once, and both parsing and --help use the
 * table. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control/daemon.h"

enum { ARGUMENTS_MAX = 16 }; /* options of one command */

/* Reads the text of an option into its place. False: the text is wrong, and the error was logged.
 */
typedef bool (*argument_reader)(const char *option, const char *text, void *ret);

struct argument {
    const char *name;     /* without its dashes */
    const char *value;    /* placeholder in the usage: "FILE"; NULL: a flag without a value */
    size_t offset;        /* of the member to fill in the target */
    argument_reader read; /* text is NULL for a flag */
    const char *doc;      /* for the usage; further lines are indented */
};

/* An argument that is not an option. */
struct positional {
    const char *name; /* "MAP" */
    const char *doc;
};

struct command_line {
    const char *synopsis;              /* "ringmill observe [OPTIONS] MAP" */
    const struct positional *operands; /* for the usage; NULL: none */
    const char *notes;                 /* its last lines; NULL: none */
    const struct argument *options;    /* end with one without a name */
};

/* bool: becomes true. */
bool argument_flag(const char *option, const char *text, void *ret);
/* const char *: the command line's own; not empty. */
bool argument_text(const char *option, const char *text, void *ret);
/* uint64_t: a whole number from 1 to 10^15. */
bool argument_count(const char *option, const char *text, void *ret);

/* Reads all options into target, each with a value at most once; -h and --help print the usage and
 * end the process. EXIT_CODE_OK: the operands begin at optind; otherwise the error has been
 * reported. */
enum exit_code arguments_read(const struct command_line *line, int argc, char **argv, void *target);
/* As arguments_read(), for a command without operands: any operand is an error. */
enum exit_code arguments_read_all(const struct command_line *line, int argc, char **argv,
                                  void *target);
/* Logs the error, and points to --help. Returns EXIT_CODE_ENVIRONMENT. */
enum exit_code arguments_refuse(const struct command_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Prints the line that follows each usage error: "see: ringmill run --help". Returns
 * EXIT_CODE_ENVIRONMENT. */
enum exit_code arguments_point_to_help(const char *command);
