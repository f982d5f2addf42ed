// SPDX-License-Identifier: Apache-2.0
/* Rows and their two ways onto stdout. */
#include "bench/report.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

struct report_row *report_add(struct report *report, const char *unit, const char *format, ...)
{
    struct report_row *row = &report->rows[report->n_rows];
    va_list arguments;

    if (report->n_rows == REPORT_ROWS_MAX)
        errx(1, "more than %d rows", REPORT_ROWS_MAX);
    report->n_rows++;
    *row = (struct report_row){.unit = unit};
    va_start(arguments, format);
    vsnprintf(row->name, sizeof(row->name), format, arguments);
    va_end(arguments);
    return row;
}

void report_peer(struct report_row *row, const char *name, double times)
{
    if (row->n_peers == REPORT_PEERS_MAX)
        errx(1, "more than %d peers", REPORT_PEERS_MAX);
    row->peers[row->n_peers++] = (struct report_peer){name, times};
}

static void read_cpu_model(char *ret_model, size_t size)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];

    snprintf(ret_model, size, "unknown CPU");
    while (file && fgets(line, sizeof(line), file)) {
        char *colon = strchr(line, ':');

        if (strncmp(line, "model name", 10) != 0 || !colon)
            continue;
        line[strcspn(line, "\n\"\\")] = '\0';
        snprintf(ret_model, size, "%s", colon + 2);
        break;
    }
    if (file)
        fclose(file);
}

static void print_machine(void)
{
    struct utsname names;
    char model[128];

    uname(&names);
    read_cpu_model(model, sizeof(model));
    printf("%s %s %s, %ld CPUs, %s", names.sysname, names.release, names.machine,
           sysconf(_SC_NPROCESSORS_ONLN), model);
}

static void print_json_row(const struct report_row *row)
{
    printf("{\"name\": \"%s\", \"unit\": \"%s\", \"value\": %.4g, \"spread\": %.3g, \"vs\": {",
           row->name, row->unit, row->value, row->spread);
    for (size_t i = 0; i < row->n_peers; i++)
        printf("%s\"%s\": %.4g", i ? ", " : "", row->peers[i].name, row->peers[i].times);
    printf("}}");
}

static void print_json(const struct report *report)
{
    printf("{\"bench\": \"%s\", \"machine\": \"", report->bench);
    print_machine();
    printf("\", \"rows\": [");
    for (size_t i = 0; i < report->n_rows; i++) {
        printf("%s\n  ", i ? "," : "");
        print_json_row(&report->rows[i]);
    }
    printf("\n]}\n");
}

static void print_table(const struct report *report)
{
    printf("%s on ", report->bench);
    print_machine();
    printf("\n\n%-28s %12s %10s   times better than\n", "", "value", "spread");
    for (size_t i = 0; i < report->n_rows; i++) {
        const struct report_row *row = &report->rows[i];

        printf("%-28s %12.4g %10.3g %-12s", row->name, row->value, row->spread, row->unit);
        for (size_t p = 0; p < row->n_peers; p++)
            printf(" %s %.2f ", row->peers[p].name, row->peers[p].times);
        printf("\n");
    }
}

void report_print(const struct report *report, bool json)
{
    if (json)
        print_json(report);
    else
        print_table(report);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double report_median(double *values, size_t n)
{
    qsort(values, n, sizeof(*values), compare);
    return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

double report_spread(const double *sorted, size_t n)
{
    return (sorted[(3 * (n - 1) + 2) / 4] - sorted[(n - 1) / 4]) / 2;
}
