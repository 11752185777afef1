// One pass over the plain layout, one thread: what any program that answers the question from it must at least do.
//
// Reads the file once, in blocks of 1 MiB; splits it into lines with memchr; in each line finds the probe, the verdict
// and the milliseconds by their names; counts, per probe, all looks, those that were up, and their milliseconds. Prints
// the share of looks that were up for each probe, in the order in which the probes were met.
//
// With -DGUESS it looks for each name where it stood on the line before, and expects the probe that followed last time,
// before it searches: the best that a program can do which still reads any JSON lines of these keys in this order.
//
// cc -O2 -o pass pass.c && ./pass plain.jsonl

#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK = 1 << 20, SLOTS = 4096 };

struct probe {
    char name[64];
    size_t length;
    unsigned long looks, up, ms;
    struct probe *next;
};

static struct probe *slots[SLOTS];
static struct probe *met[SLOTS];
static size_t count;

static int is(const struct probe *p, const char *name, size_t length) {
    return p && p->length == length && memcmp(p->name, name, length) == 0;
}

// The probe of this name, by open addressing over FNV-1a.
static struct probe *find(const char *name, size_t length) {
    unsigned hash = 2166136261u;
    for (size_t i = 0; i < length; i++) hash = (hash ^ (unsigned char)name[i]) * 16777619u;
    unsigned at = hash % SLOTS;
    while (slots[at]) {
        if (is(slots[at], name, length)) return slots[at];
        at = (at + 1) % SLOTS;
    }
    if (length >= sizeof slots[at]->name || count + 1 >= SLOTS) exit(3);
    slots[at] = calloc(1, sizeof **slots);
    memcpy(slots[at]->name, name, length);
    slots[at]->length = length;
    return met[count++] = slots[at];
}

static struct probe *probe(const char *name, size_t length) {
#ifdef GUESS
    static struct probe *last;
    struct probe *p = last && is(last->next, name, length) ? last->next : find(name, length);
    if (last) last->next = p;
    return last = p;
#else
    return find(name, length);
#endif
}

// A key, with the distance at which it stood last time.
struct key {
    const char *text;
    size_t length, at;
};

static struct key PROBE = {"\"probe\":\"", 9, 0}, VERDICT = {"\"verdict\":\"", 11, 0}, MS = {"\"ms\":", 5, 0};

// What follows a key in the rest of a line.
static const char *after(const char *from, const char *end, struct key *key) {
#ifdef GUESS
    if ((size_t)(end - from) >= key->at + key->length && memcmp(from + key->at, key->text, key->length) == 0)
        return from + key->at + key->length;
#endif
    const char *at = memmem(from, end - from, key->text, key->length);
    if (!at) return NULL;
    key->at = at - from;
    return at + key->length;
}

static void line(const char *at, const char *end) {
    const char *name = after(at, end, &PROBE);
    if (!name) return;
    const char *close = memchr(name, '"', end - name);
    if (!close) return;
    const char *verdict = after(close, end, &VERDICT);
    if (!verdict) return;
    struct probe *p = probe(name, close - name);
    p->looks++;
    if (end - verdict < 3 || memcmp(verdict, "up\"", 3) != 0) return;
    p->up++;
    const char *ms = after(verdict, end, &MS);
    unsigned long value = 0;
    for (; ms && ms < end && *ms >= '0' && *ms <= '9'; ms++) value = value * 10 + (*ms - '0');
    p->ms += value;
}

int main(int argc, char **argv) {
    int file = argc == 2 ? open(argv[1], O_RDONLY) : -1;
    char *block = malloc(2 * BLOCK);
    if (file < 0 || !block) return 2;
    size_t kept = 0;
    for (;;) {
        // At most a line is kept from the block before.
        ssize_t more = read(file, block + kept, BLOCK);
        if (more < 0) return 2;
        if (more == 0) break;
        const char *at = block, *end = block + kept + more, *newline;
        while ((newline = memchr(at, '\n', end - at))) {
            line(at, newline);
            at = newline + 1;
        }
        kept = end - at;
        if (kept > BLOCK) return 3;
        memmove(block, at, kept);
    }
    for (size_t i = 0; i < count; i++) {
        unsigned long mean = met[i]->up ? met[i]->ms / met[i]->up : 0;
        printf("%s %lu %lu %lu\n", met[i]->name, met[i]->looks, met[i]->up, mean);
    }
    return 0;
}
