/* Region maps: the address space and the stack area (genode-16.08-abi.md 2, Region_map). */
#pragma once

#include "rpc.h"

enum {
	REGION_MAP_OUT_OF_METADATA = -1002,
	REGION_MAP_READY = 0,
	REGION_MAP_READ_FAULT = 1,
	REGION_MAP_WRITE_FAULT = 2,
};

struct attachment {
	u32 bytes;
	u32 offset;
	bool at_address;
	u32 address;
	bool executable;
};

i32 region_map_attach(struct cap *map, struct cap *dataspace, const struct attachment *where, u32 *address);
i32 region_map_detach(struct cap *map, u32 address);
i32 region_map_dataspace(struct cap *map, struct cap **dataspace);

/* the handler of faults inside this map that no attachment resolves; the oldest such fault by region_map_state */
i32 region_map_fault_handler(struct cap *map, struct cap *context);
i32 region_map_state(struct cap *map, u32 *type, u32 *address);
