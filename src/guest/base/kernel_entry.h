/* The instructions that enter the kernel (genode-16.08-abi.md A). syscall.c makes one function of them, through which every call goes;
 * a program compiled with KERNEL_ENTRY_INLINED has them in each function that calls the kernel, as Genode's programs have. */
#pragma once

#include "types.h"

/* a label for where the kernel returns to; only where the instructions stand once */
#if !defined(KERNEL_RETURN_MARK)
#define KERNEL_RETURN_MARK ""
#endif

inlined u32 kernel_enter(u32 tag, u32 destination, u32 timeouts, u32 *label)
{
	register u32 r0 asm("r0") = tag;
	register u32 r2 asm("r2") = destination;
	register u32 r3 asm("r3") = timeouts;
	register u32 r4 asm("r4") = 0;

	asm volatile("mov lr, pc\n\t"
	             "mvn pc, #0xb\n"
	             KERNEL_RETURN_MARK
	             : "+r"(r0), "+r"(r4)
	             : "r"(r2), "r"(r3)
	             : "lr", "cc", "memory");
	if (label)
		*label = r4;
	return r0;
}
