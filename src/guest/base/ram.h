/* RAM sessions (genode-16.08-abi.md 2, Ram_session). */
#pragma once

#include "rpc.h"

enum cache { UNCACHED = 0, WRITE_COMBINED = 1, CACHED = 2 };

enum {
	RAM_QUOTA_EXCEEDED = RPC_EXCEPTION(0, 2),
	RAM_OUT_OF_METADATA = RPC_EXCEPTION(1, 2),
};

i32 ram_alloc(struct cap *ram, u32 bytes, enum cache cache, struct cap **dataspace);
i32 ram_free(struct cap *ram, struct cap *dataspace);
