/* Owner of the dataspace between opening and closing. */
#include "attached_ram.h"

#include "env.h"
#include "memory.h"

void attached_ram_open(struct attached_ram *ram, u32 bytes)
{
	ram->bytes = round_page(bytes);
	ram->dataspace = env_ram_alloc(ram->bytes, CACHED);
	ram->at = (char *)env_attach(env.address_space, ram->dataspace);
	memset(ram->at, 0, ram->bytes);
}

void attached_ram_close(struct attached_ram *ram)
{
	if (!ram->dataspace)
		return;
	region_map_detach(env.address_space, (u32)ram->at);
	ram_free(env.ram, ram->dataspace);
	cap_drop(ram->dataspace);
	ram->dataspace = NULL;
	ram->bytes = 0;
}
