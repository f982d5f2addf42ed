// SPDX-License-Identifier: Apache-2.0

/* No name server is asked: localhost stands in /etc/hosts, and .invalid may not exist anywhere. */

#include "sink/host_lookup.h"

#include "unit/sink/peer.h"

static void numbers_need_no_answer(void **state)
{
    struct host_lookup *lookup = NULL;
    struct addrinfo *found = NULL;

    (void)state;
    assert_int_equal(host_lookup_ask(&lookup, "127.0.0.1", "514", SOCK_STREAM, 0, &found), 0);
    assert_null(lookup);
    assert_int_equal(((struct sockaddr_in *)found->ai_addr)->sin_port, htons(514));
    freeaddrinfo(found);
    assert_int_equal(host_lookup_ask(&lookup, "::1", "514", SOCK_DGRAM, 0, &found), 0);
    assert_int_equal(found->ai_family, AF_INET6);
    freeaddrinfo(found);
}

static void an_open_question_is_waited_for_again(void **state)
{
    struct host_lookup *lookup = NULL, *first;
    struct addrinfo *found = NULL;
    int result = host_lookup_ask(&lookup, "localhost", "514", SOCK_STREAM, 0, &found);

    (void)state;
    first = lookup;
    if (result == -ETIMEDOUT) { /* else the thread was quicker than we */
        assert_non_null(first);
        result = host_lookup_ask(&lookup, "localhost", "514", SOCK_STREAM, 20000, &found);
    }
    assert_int_equal(result, 0);
    assert_null(lookup);
    assert_int_equal(found->ai_socktype, SOCK_STREAM);
    freeaddrinfo(found);
}

static void a_name_that_is_not_known_says_so(void **state)
{
    struct host_lookup *lookup = NULL;
    struct addrinfo *found = NULL;
    int result;

    (void)state;
    do
        result = host_lookup_ask(&lookup, "no\tname", "514", SOCK_STREAM, 20000, &found);
    while (result == -ETIMEDOUT);
    assert_true(result > 0);
    assert_non_null(gai_strerror(-result));
    assert_null(found);
    assert_null(lookup);
}

static void a_question_can_be_left_alone(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        struct host_lookup *lookup = NULL;
        struct addrinfo *found = NULL;

        if (host_lookup_ask(&lookup, "localhost", "514", SOCK_STREAM, 0, &found) == 0)
            freeaddrinfo(found);
        host_lookup_free(lookup);
    }
    usleep(200000); /* its thread frees it: for the leak checker's eyes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_need_no_answer),
        cmocka_unit_test(an_open_question_is_waited_for_again),
        cmocka_unit_test(a_name_that_is_not_known_says_so),
        cmocka_unit_test(a_question_can_be_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
