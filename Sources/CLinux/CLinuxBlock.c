#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int clinux_epoll_wait(int descriptor, void *events, int limit, int64_t timeout_nanoseconds) {
    struct timespec timeout = {
        .tv_sec = timeout_nanoseconds / 1000000000, .tv_nsec = timeout_nanoseconds % 1000000000};
    return epoll_pwait2(descriptor, events, limit, timeout_nanoseconds < 0 ? NULL : &timeout, NULL);
}

int clinux_direct_flag(void) { return O_DIRECT; }

int clinux_block_facts(int descriptor, struct clinux_block_facts *facts) {
    struct stat status;
    if (fstat(descriptor, &status) != 0) return -1;
    *facts = (struct clinux_block_facts){.size = (uint64_t)status.st_size};
    if (S_ISBLK(status.st_mode)) {
        int sector = 0;
        facts->kind = CLINUX_BLOCK_DEVICE;
        if (ioctl(descriptor, BLKGETSIZE64, &facts->size) != 0) return -1;
        if (ioctl(descriptor, BLKSSZGET, &sector) != 0) return -1;
        facts->alignment = (uint32_t)sector;
    } else if (S_ISREG(status.st_mode)) {
        struct statx extended;
        facts->kind = CLINUX_BLOCK_FILE;
        // Kernels before 6.1 and many file systems do not say.
        if (statx(descriptor, "", AT_EMPTY_PATH, STATX_DIOALIGN, &extended) == 0 &&
            (extended.stx_mask & STATX_DIOALIGN) != 0)
            facts->alignment = extended.stx_dio_offset_align;
    }
    return 0;
}

int clinux_reserve(int descriptor, int64_t offset, int64_t length) { return fallocate(descriptor, 0, offset, length); }

int clinux_punch_hole(int descriptor, int64_t offset, int64_t length) {
    return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
}

int clinux_zero_range(int descriptor, int64_t offset, int64_t length) {
    return fallocate(descriptor, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE, offset, length);
}

int clinux_discard(int descriptor, uint64_t offset, uint64_t length) {
    uint64_t range[2] = {offset, length};
    return ioctl(descriptor, BLKDISCARD, range);
}

int64_t clinux_seek_data(int descriptor, int64_t offset) { return lseek(descriptor, offset, SEEK_DATA); }
int64_t clinux_seek_hole(int descriptor, int64_t offset) { return lseek(descriptor, offset, SEEK_HOLE); }
