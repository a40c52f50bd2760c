/* Dataspaces and the ROM sessions that hand them out (genode-16.08-abi.md 2). */
#pragma once

#include "rpc.h"

i32 dataspace_size(struct cap *dataspace, u32 *bytes);
i32 rom_dataspace(struct cap *rom, struct cap **dataspace);

/* asks whether the content could be replaced in place; the handler learns of new content */
i32 rom_update(struct cap *rom, u32 *in_place);
i32 rom_sigh(struct cap *rom, struct cap *context);

struct rom {
	struct cap *session;
	struct cap *dataspace;
	u32 bytes;
	const void *content;
};

/* opens a ROM session and attaches its content; a missing module ends the component as in Genode */
void rom_open(struct rom *rom, const char *label);
