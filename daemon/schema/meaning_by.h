// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Meanings that need another field, the one that says how long a list is, which family an address
 * has, or which arm of a union a record has:
 *
 *     text:SIZE  texts  texts:SIZE       SIZE: a field with the number of bytes
 *     count:N  size:N                    N: a field with the number of elements, or of their bytes
 *     ip:FAMILY                          FAMILY: a field with 2 or 4 (IPv4), 10 or 6 (IPv6)
 *     user_stack:PID  user_symbol:PID    PID: a field with the number of a process or thread
 *     by:TAG,VALUE:ARM,...               of a union; TAG: a field; VALUE: a number or an enum's
 * name by:TAG,is:VALUE,...                of one arm, whose union has no name
 *
 * The other field is one beside the field, or else any of the record's, by its path. Neither is in
 * an array. */

#include "schema/meaning.h"

/* Whether the meaning is one of these. */
bool meaning_by_knows(const char *as);

/* Gives the field of that path the meaning; *ret_keeps: no convention is for it any more. 0, or
 * -errno with a sentence, as meaning_apply(). */
int meaning_by_choose(struct schema *schema, const struct meaning_choice *choice,
                      struct field *field, struct error *error, bool *ret_keeps);

/* The stack, or the address, is one of the process whose number the other field has. */
void meaning_by_process(struct field *field, const struct field *process);

/* By convention, after all else: addresses of either family beside a field that says which, and
 * stacks beside one that says the process. 0 or -ENOMEM. */
int meaning_by_conventions(struct schema *schema, const struct chosen_fields *chosen);

/* The record has all of the field only if the tag has one of the values. 0 or -ENOMEM. */
int meaning_by_guard(struct schema *schema, struct field *field, const struct field *tag,
                     const int64_t *values, uint32_t n_values);
