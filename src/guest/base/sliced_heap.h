/* Memory in blocks of whole dataspaces, one RAM allocation and attachment each, as servers use it for sessions. */
#pragma once

#include "types.h"

void *sliced_heap_alloc(u32 bytes);
void sliced_heap_free(void *memory);

/* RAM that a block of that many bytes really takes */
u32 sliced_heap_cost(u32 bytes);
