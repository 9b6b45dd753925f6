/* SPDX-License-Identifier: MIT */
#include "adapters/sockets.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdint.h>
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
    cr_assert_eq(sockets_new(&sockets, &why), STATUS_OK);
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
    sockets_new(&sockets, NULL);
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
    sockets_new(&sockets, NULL);
    sockets_pair(sockets, "x", &a, &b, NULL);
    cr_expect_neq(sockets_pair(sockets, "x", &c, &d, &why), STATUS_OK);
    cr_expect_not_null(why.text);
    socket_close(a);
    socket_close(b);
    sockets_free(sockets);
}
