/* The kernel's clock, read from the kernel info page, and sleeping in IPC timeouts (fiasco-kernel.md 5.9, 9). */
#pragma once

#include "types.h"

/* microseconds since the kernel started; the kernel counts in steps of 1 ms. The first caller opens ROM "l4v2_kip" */
u64 kernel_clock_us(void);
void kernel_clock_sleep_ms(void);
