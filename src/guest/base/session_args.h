/* Values in session arguments such as `ram_quota=8K, label="x"` (genode-16.08-abi.md 2.1). */
#pragma once

#include "types.h"

/* decimal or 0x number with an optional K, M or G; `missing` if the key is not there */
u32 session_arg_number(const char *args, const char *key, u32 missing);
