/* What a program provides: its construction, executed by the thread "ep", and the size of that thread's stack. */
#pragma once

#include "entrypoint.h"

/* Genode's default for components that do not say otherwise */
enum { COMPONENT_DEFAULT_STACK_BYTES = 64 * 1024 };

extern const u32 component_stack_bytes;

void component_construct(struct entrypoint *entrypoint);
