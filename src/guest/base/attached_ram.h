/* A RAM dataspace that is attached where its maker can use it. */
#pragma once

#include "cap.h"
#include "types.h"

struct attached_ram {
	struct cap *dataspace;
	u32 bytes;
	char *at;
};

/* succeeds or ends the component; the memory is zeroed */
void attached_ram_open(struct attached_ram *ram, u32 bytes);

/* may be closed twice */
void attached_ram_close(struct attached_ram *ram);
