// From linux/netfilter.h, which cannot be imported: it brings kernel definitions of socket addresses that collide with
// the C library's.

/// Address families of netfilter.
let netfilterInternet: UInt8 = 1
let netfilterARP: UInt8 = 3

/// Verdicts.
let verdictDrop: UInt32 = 0
let verdictAccept: UInt32 = 1
