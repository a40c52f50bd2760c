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

/* `result` of these two: 0, or -1 no such session, -2 no relation, -3 not enough */
i32 ram_ref_account(struct cap *ram, struct cap *account, i32 *result);
i32 ram_transfer_quota(struct cap *ram, struct cap *to, u32 bytes, i32 *result);
i32 ram_quota(struct cap *ram, u32 *bytes);
i32 ram_used(struct cap *ram, u32 *bytes);
