#ifndef CVENDORKEYS_H
#define CVENDORKEYS_H

/// The vendor's public keys that this build embeds: 64 hexadecimal digits each, with commas between; empty: none.
/// `make build VENDOR_KEYS=FOLDER` puts them in (docs/vendor.md).
const char *vendor_keys(void);

#endif
