/* Shift-and-subtract division, and the names under which the ARM run-time ABI asks for it. */
#include "division.h"

struct quotient divide(u32 dividend, u32 divisor)
{
	struct quotient result = { 0, 0 };

	for (int bit = 31; bit >= 0; bit--) {
		result.remainder = (result.remainder << 1) | ((dividend >> bit) & 1);
		if (divisor && result.remainder >= divisor) {
			result.remainder -= divisor;
			result.quotient |= 1u << bit;
		}
	}
	return result;
}

u64 divide_long(u64 dividend, u32 divisor)
{
	u32 high = (u32)(dividend >> 32), low = (u32)dividend;
	struct quotient upper = divide(high, divisor);
	u64 remainder = upper.remainder;
	u32 quotient = 0;

	for (int bit = 31; bit >= 0; bit--) {
		remainder = (remainder << 1) | ((low >> bit) & 1);
		if (divisor && remainder >= divisor) {
			remainder -= divisor;
			quotient |= 1u << bit;
		}
	}
	return ((u64)upper.quotient << 32) | quotient;
}

u32 __aeabi_uidiv(u32 dividend, u32 divisor);
u32 __aeabi_uidiv(u32 dividend, u32 divisor)
{
	return divide(dividend, divisor).quotient;
}

/* the run-time ABI wants the quotient in r0 and the remainder in r1 */
u64 __aeabi_uidivmod(u32 dividend, u32 divisor);
u64 __aeabi_uidivmod(u32 dividend, u32 divisor)
{
	struct quotient result = divide(dividend, divisor);

	return ((u64)result.remainder << 32) | result.quotient;
}
