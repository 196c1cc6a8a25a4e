#define XXH_INLINE_ALL
#include "CChecksum.h"

#include <isa-l/crc.h>
#include <xxhash.h>

// ISA-L takes at most 2 GiB at once and leaves the two complements to its caller.
uint32_t cchecksum_crc32c(uint32_t before, const void *bytes, size_t count) {
    unsigned char *next = (unsigned char *)bytes;
    uint32_t state = ~before;
    while (count > 0) {
        size_t part = count < (1u << 30) ? count : (1u << 30);
        state = crc32_iscsi(next, (int)part, state);
        next += part;
        count -= part;
    }
    return ~state;
}

uint64_t cchecksum_xxh3(const void *bytes, size_t count) { return XXH3_64bits(bytes, count); }
