/* Each block starts with a header that says how to give it back; everything else is owned by the caller. */
#include "sliced_heap.h"

#include "env.h"

struct block {
	struct cap *dataspace;
	u32 bytes;
};

u32 sliced_heap_cost(u32 bytes)
{
	return round_page(bytes + sizeof(struct block));
}

void *sliced_heap_alloc(u32 bytes)
{
	u32 const size = sliced_heap_cost(bytes);
	struct cap *dataspace = env_ram_alloc(size, CACHED);
	struct block *block = (struct block *)env_attach(env.address_space, dataspace);

	block->dataspace = dataspace;
	block->bytes = size;
	return block + 1;
}

void sliced_heap_free(void *memory)
{
	struct block *block = (struct block *)memory - 1;
	struct cap *dataspace = block->dataspace;

	region_map_detach(env.address_space, (u32)block);
	ram_free(env.ram, dataspace);
	cap_drop(dataspace);
}
