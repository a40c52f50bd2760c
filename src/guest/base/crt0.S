/* First instructions of every program, the stack of the main thread until it has a real one, and the words that
 * the parent and the kernel interface expect at the start of the writable segment (genode-16.08-abi.md 3.1, 3.2). */

	.section .text.crt0, "ax"
	.global _start
	.type _start, %function
_start:
	ldr	r1, =__initial_sp
	str	sp, [r1]
	ldr	sp, =_stack_high
	bl	init_main_thread
	mov	sp, r0
	b	_main
	.ltorg
	.size _start, . - _start

	.section .data.parent_cap, "aw"
	.balign 32
	.global _parent_cap
	.global _parent_cap_thread_id
	.global _prog_img_data
	.type _parent_cap, %object
_prog_img_data:
_parent_cap_thread_id:
_parent_cap:
	.space	32
	.size _parent_cap, 32

	.global __l4sys_invoke_indirect
	.type __l4sys_invoke_indirect, %object
__l4sys_invoke_indirect:
	.word	0xeacff000
	.size __l4sys_invoke_indirect, 4

	.section .bss.crt0, "aw", %nobits
	.balign 16
	.global _stack_low
	.global _stack_high
_stack_low:
	.space	32 * 1024
_stack_high:

	.global __initial_sp
	.type __initial_sp, %object
__initial_sp:
	.space	4
	.size __initial_sp, 4
