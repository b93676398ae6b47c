/* limits.c - a table by code; an entry is made when somebody is first heard of, and stays. */
#include "coordinator/limits.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "delivery/coordinator_side.h"

#define PLACES       4096
#define RETRY_MIN_MS 50

struct sender {
    gv_code code;
    struct gv_admission of[LIMIT_END];
    struct sender *next;
};

struct limits {
    pthread_mutex_t lock;
    struct limit_rate rates[LIMIT_END];
    struct sender *places[PLACES];
};

gv_err limits_new(const struct limit_rate *rates, limits **out)
{
    limits *l = calloc(1, sizeof *l);

    if (l == NULL)
        return GV_ENOMEM;
    if (pthread_mutex_init(&l->lock, NULL) != 0) {
        free(l);
        return GV_ENOMEM;
    }
    memcpy(l->rates, rates, sizeof l->rates);
    *out = l;
    return GV_OK;
}

void limits_free(limits *l)
{
    if (l == NULL)
        return;
    for (size_t i = 0; i < PLACES; i++) {
        while (l->places[i] != NULL) {
            struct sender *sender = l->places[i];

            l->places[i] = sender->next;
            free(sender);
        }
    }
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static struct sender **place_of(limits *l, const gv_code *who)
{
    uint32_t h = 2166136261u;

    for (const char *s = who->s; *s != '\0'; s++)
        h = (h ^ (uint8_t)*s) * 16777619u;
    return &l->places[h % PLACES];
}

/* NULL: no memory. */
static struct sender *find(limits *l, const gv_code *who, int64_t now_ms)
{
    struct sender **place = place_of(l, who);
    struct sender *sender = *place;

    while (sender != NULL && strcmp(sender->code.s, who->s) != 0)
        sender = sender->next;
    if (sender != NULL)
        return sender;
    sender = calloc(1, sizeof *sender);
    if (sender == NULL)
        return NULL;
    sender->code = *who;
    for (int i = 0; i < LIMIT_END; i++)
        gv_admission_init(&sender->of[i], l->rates[i].per_s, l->rates[i].burst, now_ms);
    sender->next = *place;
    *place = sender;
    return sender;
}

bool limits_take(limits *l, const gv_code *who, enum limit which, int64_t now_ms,
                 uint32_t *retry_after_ms)
{
    struct sender *sender;
    bool taken = false;
    uint32_t spread;

    pthread_mutex_lock(&l->lock);
    sender = find(l, who, now_ms);
    if (sender != NULL)
        taken = gv_admission_take(&sender->of[which], now_ms, 0, &spread);
    pthread_mutex_unlock(&l->lock);
    /* One sender is no crowd to be spread: when the next one is due. */
    *retry_after_ms = RETRY_MIN_MS + 1000 / l->rates[which].per_s;
    return taken;
}
