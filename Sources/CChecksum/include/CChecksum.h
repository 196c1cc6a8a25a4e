#ifndef CCHECKSUM_H
#define CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

// CRC-32C (Castagnoli) of bytes that go on from `before`, the checksum of what came ahead of them (0 at the start).
uint32_t cchecksum_crc32c(uint32_t before, const void *bytes, size_t count);

// XXH3, 64 bits, seed 0.
uint64_t cchecksum_xxh3(const void *bytes, size_t count);

#endif
