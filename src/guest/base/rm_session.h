/* RM sessions: region maps made on request (genode-16.08-abi.md 2, Rm_session). */
#pragma once

#include "rpc.h"

enum { RM_OUT_OF_METADATA = -1001 };

i32 rm_create(struct cap *rm, u32 bytes, struct cap **map);
i32 rm_destroy(struct cap *rm, struct cap *map);
