#include <errno.h>
#include <libaio.h>

// Takes completed events out of the ring that the kernel shares with us (struct aio_ring of fs/aio.c, as fio and qemu
// do); falls back to io_getevents where the ring's layout is another one. Never blocks.
// Returns the number of events, or a negative errno.
static inline int clibaio_reap(io_context_t context, struct io_event *events, int limit) {
    struct ring {
        unsigned id, size, head, tail, magic, compatible, incompatible, header;
        struct io_event events[];
    } *ring = (struct ring *)context;
    if (ring->magic != 0xa10a10a1 || ring->incompatible != 0) {
        struct timespec none = {0, 0};
        int result;
        do result = io_getevents(context, 0, limit, events, &none);
        while (result == -EINTR);
        return result;
    }
    unsigned head = ring->head;
    int count = 0;
    while (count < limit && head != __atomic_load_n(&ring->tail, __ATOMIC_ACQUIRE)) {
        events[count++] = ring->events[head];
        head = head + 1 == ring->size ? 0 : head + 1;
    }
    if (count > 0) __atomic_store_n(&ring->head, head, __ATOMIC_RELEASE);
    return count;
}
