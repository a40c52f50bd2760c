/* Division without hardware divider and without the compiler's run-time library, which exists only as Thumb code here. */
#pragma once

#include "types.h"

struct quotient {
	u32 quotient;
	u32 remainder;
};

struct quotient divide(u32 dividend, u32 divisor);

/* quotient of 64 by 32 bits; the result must fit into 64 bits, which it always does */
u64 divide_long(u64 dividend, u32 divisor);
