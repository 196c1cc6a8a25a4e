#include "CVendorKeys.h"

// A setting of the C compiler can carry a text, one of Swift's cannot: that is all that this is in C for. Other keys
// compile this file anew and nothing else.
const char *vendor_keys(void) { return KEELSON_VENDOR_KEYS; }
