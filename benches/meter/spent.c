// Runs a command and writes what the kernel charged for it, all its threads and waited-for children included:
// user and system CPU and wall time in µs, and its peak memory in KB. Ends as the command ended.
//
// cc -O2 -o spent spent.c && ./spent FILE COMMAND [ARGUMENT…]

#define _GNU_SOURCE
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 3) return 125;
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    pid_t child = fork();
    if (child < 0) return 125;
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    int status;
    struct rusage used;
    if (wait4(child, &status, 0, &used) != child) return 125;
    clock_gettime(CLOCK_MONOTONIC, &ended);
    long wall = (ended.tv_sec - began.tv_sec) * 1000000L + (ended.tv_nsec - began.tv_nsec) / 1000;
    long user = used.ru_utime.tv_sec * 1000000L + used.ru_utime.tv_usec;
    long system = used.ru_stime.tv_sec * 1000000L + used.ru_stime.tv_usec;
    FILE *file = fopen(argv[1], "w");
    if (!file) return 125;
    fprintf(file, "%ld %ld %ld %ld\n", user, system, wall, used.ru_maxrss);
    fclose(file);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
