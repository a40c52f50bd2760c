/* Executes a floating-point instruction, after saying so: what happens depends on the board's FPU. */
#include "component.h"
#include "log.h"

const u32 component_stack_bytes = 16 * 1024;

void component_construct(struct entrypoint *entrypoint)
{
	(void)entrypoint;
	log_line("undefined_instruction: about to execute vmov.f32 s0, #1.0");
	asm volatile(".word 0xeeb70a00");
	log_line("undefined_instruction: survived");
}
