// The ceiling: asks every address of a list once over a fresh connection, so many at once, with nothing but the kernel's
// calls. A look is good when the answer begins with "HTTP/1.1 200".
//
// cc -O2 -o epoll epoll.c && ./epoll LIST AT_ONCE TIMEOUT_MS      (LIST: an IPv4 address and a port on each line)
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct look { int fd; long due; size_t got; char answer[1024]; };

static long now_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int main(int argc, char **argv) {
    if (argc != 4) return 125;
    FILE *list = fopen(argv[1], "r");
    int at_once = atoi(argv[2]), timeout = atoi(argv[3]);
    size_t count = 0, room = 0;
    struct sockaddr_in *where = NULL;
    char host[64];
    int port;
    while (list && fscanf(list, "%63s %d", host, &port) == 2) {
        if (count == room) where = realloc(where, (room = room * 2 + 64) * sizeof *where);
        where[count] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
        inet_pton(AF_INET, host, &where[count++].sin_addr);
    }
    struct look *looks = calloc(count, sizeof *looks);
    int epoll = epoll_create1(0), running = 0;
    size_t next = 0, oldest = 0, good = 0, late = 0;
    while (next < count || running > 0) {
        for (; running < at_once && next < count; next++, running++) {
            struct look *look = &looks[next];
            look->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            look->due = now_ms() + timeout;
            if (look->fd < 0) return 124;
            if (connect(look->fd, (struct sockaddr *)&where[next], sizeof *where) < 0 && errno != EINPROGRESS) return 124;
            struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u64 = next};
            epoll_ctl(epoll, EPOLL_CTL_ADD, look->fd, &event);
        }
        while (oldest < next && looks[oldest].fd < 0) oldest++;
        long wait = oldest < next ? looks[oldest].due - now_ms() : 0;
        struct epoll_event events[256];
        int n = epoll_wait(epoll, events, 256, wait < 0 ? 0 : wait);
        for (int i = 0; i < n; i++) {
            struct look *look = &looks[events[i].data.u64];
            if (look->fd < 0) continue;
            if (look->got == 0 && (events[i].events & EPOLLOUT) && !(events[i].events & EPOLLIN)) {
                char ask[128];
                int length = snprintf(ask, sizeof ask, "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
                if (send(look->fd, ask, length, MSG_NOSIGNAL) != length) return 124;
            }
            if (!(events[i].events & EPOLLIN)) continue;
            for (;;) {
                ssize_t r = recv(look->fd, look->answer + look->got, sizeof look->answer - look->got, 0);
                if (r > 0) { look->got += r; continue; }
                if (r < 0 && errno == EAGAIN) break;
                good += r == 0 && memcmp(look->answer, "HTTP/1.1 200", 12) == 0;
                close(look->fd);
                look->fd = -1;
                running--;
                break;
            }
        }
        for (long now = now_ms(); oldest < next && (looks[oldest].fd < 0 || looks[oldest].due <= now); oldest++) {
            if (looks[oldest].fd < 0) continue;
            close(looks[oldest].fd);
            looks[oldest].fd = -1;
            running--;
            late++;
        }
    }
    printf("%zu good, %zu late\n", good, late);
    return 0;
}
