/* SPDX-License-Identifier: MIT */
#include "adapters/sockets.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { MANY = 100000 };

static void *send_many(void *end) {
    for (intptr_t i = 1; i <= MANY; i++)
        socket_send_pointer(end, (void *)i, NULL);
    return NULL;
}

Test(sockets, pointers_arrive_in_order_across_threads) {
    struct sockets *sockets = NULL;
    struct socket_end *a = NULL, *b = NULL;
    struct failure why = {0};
    cr_assert_eq(sockets_new(&sockets, 0, &why), STATUS_OK);
    cr_assert_eq(sockets_pair(sockets, "x", &a, &b, &why), STATUS_OK, "%s", why.text);
    pthread_t thread;
    pthread_create(&thread, NULL, send_many, a);
    for (intptr_t next = 1; next <= MANY;) {
        struct socket_wait wait = {.end = b};
        void *pointer;
        sockets_wait(&wait, 1, 1000);
        while (socket_receive_pointer(b, &pointer))
            cr_assert_eq((intptr_t)pointer, next++);
    }
    pthread_join(thread, NULL);
    socket_close(a);
    socket_close(b);
    sockets_free(sockets);
}

Test(sockets, a_descriptor_ends_a_wait) {
    struct sockets *sockets = NULL;
    struct socket_end *a = NULL, *b = NULL;
    sockets_new(&sockets, 0, NULL);
    sockets_pair(sockets, "x", &a, &b, NULL);
    int event = eventfd(0, 0);
    uint64_t one = 1;
    struct socket_wait waits[] = {{.end = b}, {.descriptor = event}};
    sockets_wait(waits, 2, 0);
    cr_expect(!waits[0].ready && !waits[1].ready);
    cr_assert_eq(write(event, &one, sizeof one), (ssize_t)sizeof one);
    sockets_wait(waits, 2, -1);
    cr_expect(!waits[0].ready && waits[1].ready);
    close(event);
    socket_close(a);
    socket_close(b);
    sockets_free(sockets);
}

Test(sockets, a_name_is_taken_once) {
    struct sockets *sockets = NULL;
    struct socket_end *a, *b, *c, *d;
    struct failure why = {0};
    sockets_new(&sockets, 0, NULL);
    sockets_pair(sockets, "x", &a, &b, NULL);
    cr_expect_neq(sockets_pair(sockets, "x", &c, &d, &why), STATUS_OK);
    cr_expect_not_null(why.text);
    socket_close(a);
    socket_close(b);
    sockets_free(sockets);
}

/* ---- between processes ---- */

static struct socket_end *open_end(struct sockets *sockets, enum socket_role role,
                                   const char *address, bool bind) {
    const struct socket_setup setup = {
        .role = role, .address = address, .bind = bind, .message_max = 1 << 16, .queue_max = 100};
    struct socket_end *end = NULL;
    struct failure why = {0};
    cr_assert_eq(socket_open(&end, sockets, &setup, &why), STATUS_OK, "%s", why.text);
    return end;
}

/* Waits for a message; the count of its parts, 0 when none came. */
static size_t await(struct socket_end *end, struct socket_part parts[SOCKET_PARTS_MAX]) {
    struct socket_wait wait = {.end = end};
    size_t count = 0;
    for (int tries = 0; tries < 50; tries++) {
        sockets_wait(&wait, 1, 100);
        if (socket_receive(end, parts, &count))
            return count;
    }
    return 0;
}

static void send_until_it_goes(struct socket_end *end, const struct socket_part *parts,
                               size_t count) {
    for (int tries = 0; tries < 500 && !socket_send(end, parts, count); tries++)
        usleep(10000);
}

Test(sockets, messages_go_there_and_back, .timeout = 60) {
    struct sockets *sockets = NULL;
    struct socket_part parts[SOCKET_PARTS_MAX];
    const struct socket_part question[] = {{"head", 4}, {"", 0}};
    char address[SOCKET_ADDRESS_MAX];
    sockets_new(&sockets, 1, NULL);
    struct socket_end *router = open_end(sockets, SOCKET_ROUTER, "tcp://127.0.0.1:*", true);
    socket_address(router, address);
    struct socket_end *dealer = open_end(sockets, SOCKET_DEALER, address, false);
    send_until_it_goes(dealer, question, 2);
    cr_assert_eq(await(router, parts), 3);
    cr_expect(parts[1].size == 4 && memcmp(parts[1].bytes, "head", 4) == 0 && parts[2].size == 0);
    const struct socket_part answer[] = {parts[0], {"yes", 3}};
    cr_expect(socket_send(router, answer, 2));
    cr_assert_eq(await(dealer, parts), 1);
    cr_expect(parts[0].size == 3 && memcmp(parts[0].bytes, "yes", 3) == 0);
    const struct socket_part nobody[] = {{"nobody", 6}, {"yes", 3}};
    cr_expect_not(socket_send(router, nobody, 2), "there is nobody of that name");
    socket_close(dealer);
    socket_close(router);
    sockets_free(sockets);
}

Test(sockets, too_many_parts_are_nothing_and_too_long_ones_end_the_connection, .timeout = 60) {
    static char large[1 << 17];
    struct sockets *sockets = NULL;
    struct socket_part parts[SOCKET_PARTS_MAX];
    const struct socket_part many[] = {{"1", 1}, {"2", 1}, {"3", 1}, {"4", 1}, {"5", 1}};
    const struct socket_part one = {"6", 1}, too_large = {large, sizeof large};
    char address[SOCKET_ADDRESS_MAX];
    size_t count = 9;
    sockets_new(&sockets, 1, NULL);
    struct socket_end *router = open_end(sockets, SOCKET_ROUTER, "tcp://127.0.0.1:*", true);
    socket_address(router, address);
    struct socket_end *dealer = open_end(sockets, SOCKET_DEALER, address, false);
    send_until_it_goes(dealer, many, 5);
    struct socket_wait wait = {.end = router};
    sockets_wait(&wait, 1, 5000);
    cr_assert(socket_receive(router, parts, &count));
    cr_expect_eq(count, 0);
    send_until_it_goes(dealer, &too_large, 1);
    usleep(100000);
    send_until_it_goes(dealer, &one, 1); /* over a new connection */
    cr_expect_eq(await(router, parts), 2);
    cr_expect_eq(parts[1].size, 1);
    socket_close(dealer);
    socket_close(router);
    sockets_free(sockets);
}

Test(sockets, what_is_published_reaches_who_listens, .timeout = 60) {
    struct sockets *sockets = NULL;
    struct socket_part parts[SOCKET_PARTS_MAX];
    const struct socket_part news = {"news", 4};
    char address[SOCKET_ADDRESS_MAX];
    size_t count = 0;
    sockets_new(&sockets, 1, NULL);
    struct socket_end *publisher = open_end(sockets, SOCKET_PUBLISHER, "tcp://127.0.0.1:*", true);
    socket_address(publisher, address);
    struct socket_end *subscriber = open_end(sockets, SOCKET_SUBSCRIBER, address, false);
    for (int tries = 0; tries < 500 && count == 0; tries++) {
        struct socket_wait wait = {.end = subscriber};
        cr_expect(socket_send(publisher, &news, 1), "a publisher is never held up");
        sockets_wait(&wait, 1, 10);
        socket_receive(subscriber, parts, &count);
    }
    cr_expect(count == 1 && parts[0].size == 4);
    socket_close(subscriber);
    socket_close(publisher);
    sockets_free(sockets);
}

Test(sockets, an_address_that_is_none_fails_with_a_sentence) {
    struct sockets *sockets = NULL;
    struct socket_end *end = NULL;
    struct failure why = {0};
    const struct socket_setup setup = {
        .role = SOCKET_ROUTER, .address = "tcp://127.0.0.1:x", .bind = true};
    sockets_new(&sockets, 1, NULL);
    cr_expect_eq(socket_open(&end, sockets, &setup, &why), STATUS_IO);
    cr_expect_not_null(strstr(why.text, "tcp://127.0.0.1:x cannot be bound"), "%s", why.text);
    sockets_free(sockets);
}
