#ifndef CLINUX_H
#define CLINUX_H

#include <stdint.h>
#include <sys/epoll.h>

// Linux calls that Swift cannot import: variadic, hidden behind feature macros, or without a wrapper in the C library.
// Each returns what the call returns: -1 with errno set on failure.

int64_t clinux_boot_nanoseconds(void);
// Since 1970.
uint64_t clinux_wall_nanoseconds(void);

int clinux_round_robin(int priority);
// 1: locked, and the limit of locked memory lifted; 0: locked within the limit; -1: failed.
int clinux_lock_memory(void);

// Blocks the signals in the calling thread (and the threads that it starts) and reads them from the descriptor.
int clinux_signal_descriptor(const int *signals, int count);
// The number of a pending signal, or -1.
int clinux_signal_read(int descriptor);
int clinux_event_descriptor(void);
int clinux_timer_descriptor(void);
// Absolute CLOCK_BOOTTIME; 0 disarms.
int clinux_timer_set(int descriptor, int64_t boot_nanoseconds);

// The next connection, close-on-exec and non-blocking.
int clinux_accept(int descriptor);

// poll(2) with a timeout in nanoseconds; negative: for ever. `descriptors` are struct pollfd.
int clinux_poll(void *descriptors, unsigned long count, int64_t timeout_nanoseconds);

// Names the calling thread (at most 15 bytes).
int clinux_name_thread(const char *name);

int clinux_unshare_network(void);
int clinux_enter_namespace(int descriptor);

// Keeps the capabilities of the mask (1 << CAP_...) in the permitted and effective sets and gives up every other one,
// the bounding set included.
int clinux_keep_capabilities(uint64_t mask);
int clinux_no_new_privileges(void);
int clinux_parent_death_signal(int signal);
int clinux_adopt_orphans(void);

// Lets the interface's lamp blink (ETHTOOL_PHYS_ID) and returns when the seconds are over.
int clinux_identify(int descriptor, const char *name, uint32_t seconds);
int clinux_get_interface(int descriptor, const char *name, int *index, uint8_t mac[6]);
// A raw packet socket, close-on-exec and non-blocking, that receives nothing before it is bound.
int clinux_packet_open(void);
int clinux_packet_bind(int descriptor, int index, uint16_t protocol);
int clinux_packet_join(int descriptor, int index, const uint8_t group[6]);

struct clinux_filter_step {
    uint16_t code;
    uint8_t if_true;
    uint8_t if_false;
    uint32_t value;
};
int clinux_packet_filter(int descriptor, const struct clinux_filter_step *steps, uint16_t count);

// epoll_wait(2) with a timeout in nanoseconds; negative: for ever. `events` are struct epoll_event.
int clinux_epoll_wait(int descriptor, void *events, int limit, int64_t timeout_nanoseconds);

// O_DIRECT of open(2).
int clinux_direct_flag(void);

enum { CLINUX_BLOCK_OTHER = 0, CLINUX_BLOCK_FILE = 1, CLINUX_BLOCK_DEVICE = 2 };
struct clinux_block_facts {
    uint64_t size;
    int32_t kind;
    // Bytes that offsets and lengths of direct transfers are multiples of; 0: not known.
    uint32_t alignment;
};
int clinux_block_facts(int descriptor, struct clinux_block_facts *facts);

// fallocate(2), which keeps the size except for reserve, and BLKDISCARD. All of them may take long.
int clinux_reserve(int descriptor, int64_t offset, int64_t length);
int clinux_punch_hole(int descriptor, int64_t offset, int64_t length);
int clinux_zero_range(int descriptor, int64_t offset, int64_t length);
int clinux_discard(int descriptor, uint64_t offset, uint64_t length);
// lseek(2) with SEEK_DATA and SEEK_HOLE; ENXIO: no data behind the offset.
int64_t clinux_seek_data(int descriptor, int64_t offset);
int64_t clinux_seek_hole(int descriptor, int64_t offset);

#endif
