/*
 * link_model.c - wire/link.h without a network: what the agent sends, the peer takes at once; what
 * the peer answers waits in order. Stands in at link time.
 */
#include "wire/link.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "fault.h"
#include "peer.h"

#define WAITING_MAX 16

struct gv_link {
    int fd;
    bool is_up;
    struct gv_buf waiting[WAITING_MAX];
    size_t first, count;
};

gv_err gv_link_open(const struct gv_link_options *options, gv_link **out)
{
    gv_link *link;

    (void)options;
    fault_aside(true);
    link = calloc(1, sizeof *link);
    if (link == NULL)
        abort();
    link->fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    fault_aside(false);
    *out = link;
    return GV_OK;
}

void gv_link_close(gv_link *link)
{
    if (link == NULL)
        return;
    for (size_t i = 0; i < WAITING_MAX; i++)
        gv_buf_fini(&link->waiting[i]);
    close(link->fd);
    free(link);
}

int gv_link_fd(const gv_link *link)
{
    return link->fd;
}

gv_err gv_link_send(gv_link *link, const void *frame, size_t len)
{
    fault_aside(true);
    peer_take(link, (struct gv_slice){frame, len});
    fault_aside(false);
    return GV_OK;
}

void peer_answer(gv_link *link, const struct gv_buf *frame)
{
    struct gv_buf *slot = &link->waiting[(link->first + link->count) % WAITING_MAX];

    if (link->count == WAITING_MAX)
        abort();
    gv_buf_reset(slot);
    gv_buf_append(slot, frame->data, frame->len);
    if (link->count++ == 0 && eventfd_write(link->fd, 1) != 0)
        abort();
}

uint64_t gv_link_unread(const gv_link *link)
{
    (void)link;
    return 0;
}

void gv_link_end(gv_link *link)
{
    (void)link;
}

enum gv_link_event gv_link_next(gv_link *link, struct gv_buf *frame)
{
    eventfd_t n;

    if (!link->is_up) {
        link->is_up = true;
        return GV_LINK_UP;
    }
    if (link->count == 0) {
        if (eventfd_read(link->fd, &n) != 0)
            return GV_LINK_NONE; /* nothing was there */
        return GV_LINK_NONE;
    }
    fault_aside(true);
    gv_buf_reset(frame);
    gv_buf_append(frame, link->waiting[link->first].data, link->waiting[link->first].len);
    fault_aside(false);
    link->first = (link->first + 1) % WAITING_MAX;
    link->count--;
    return GV_LINK_MESSAGE;
}
