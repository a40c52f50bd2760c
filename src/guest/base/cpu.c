/* Client of the CPU session and of Cpu_thread; opcodes as in genode-16.08-abi.md 2. */
#include "cpu.h"

#include "memory.h"

enum {
	OP_CREATE_THREAD = 0,
	OP_KILL_THREAD = 1,
	OP_EXCEPTION_SIGH = 2,
	OP_TRACE_CONTROL = 4,
	THREAD_OP_START = 1,
	THREAD_OP_PAUSE = 2,
	THREAD_OP_RESUME = 3,
	THREAD_OP_CANCEL_BLOCKING = 4,
	THREAD_OP_GET_STATE = 6,
	THREAD_OP_EXCEPTION_SIGH = 7,
	THREAD_OP_TRACE_CONTROL_INDEX = 10,
	NAME_BYTES = 32,
};

i32 cpu_create_thread(struct cap *cpu, struct cap *pd, const char *name, u32 weight, struct cap **thread)
{
	static const u32 anywhere[4];
	struct message message;
	struct {
		char text[NAME_BYTES];
		u32 bytes;
	} image;
	u32 length = text_length(name);

	if (length > NAME_BYTES - 1)
		length = NAME_BYTES - 1;
	memset(&image, 0, sizeof(image));
	memcpy(image.text, name, length);
	image.bytes = length + 1;

	rpc_begin(&message, OP_CREATE_THREAD);
	message_put_cap(&message, pd);
	message_put_bytes(&message, &image, sizeof(image));
	message_put_bytes(&message, anywhere, sizeof(anywhere));
	message_put_word(&message, weight);
	message_put_word(&message, 0);
	return rpc_call_cap(cpu, &message, thread);
}

static i32 call_with_cap(struct cap *object, u32 opcode, struct cap *argument)
{
	struct message message;

	rpc_begin(&message, opcode);
	message_put_cap(&message, argument);
	return rpc_call_void(object, &message);
}

i32 cpu_kill_thread(struct cap *cpu, struct cap *thread)
{
	return call_with_cap(cpu, OP_KILL_THREAD, thread);
}

i32 cpu_exception_sigh(struct cap *cpu, struct cap *context)
{
	return call_with_cap(cpu, OP_EXCEPTION_SIGH, context);
}

i32 cpu_thread_exception_sigh(struct cap *thread, struct cap *context)
{
	return call_with_cap(thread, THREAD_OP_EXCEPTION_SIGH, context);
}

i32 cpu_thread_pause(struct cap *thread)
{
	return rpc_plain_void(thread, THREAD_OP_PAUSE);
}

i32 cpu_thread_resume(struct cap *thread)
{
	return rpc_plain_void(thread, THREAD_OP_RESUME);
}

i32 cpu_thread_cancel_blocking(struct cap *thread)
{
	return rpc_plain_void(thread, THREAD_OP_CANCEL_BLOCKING);
}

i32 cpu_trace_control(struct cap *cpu, struct cap **dataspace)
{
	return rpc_plain_cap(cpu, OP_TRACE_CONTROL, dataspace);
}

i32 cpu_thread_start(struct cap *thread, u32 ip, u32 sp)
{
	struct message message;

	rpc_begin(&message, THREAD_OP_START);
	message_put_word(&message, ip);
	message_put_word(&message, sp);
	return rpc_call_void(thread, &message);
}

i32 cpu_thread_state(struct cap *thread, struct thread_state *state)
{
	struct message message;
	i32 code;

	rpc_begin(&message, THREAD_OP_GET_STATE);
	code = rpc_call(thread, &message);
	message_take_bytes(&message, state, sizeof(*state));
	message_clear(&message);
	return code;
}

i32 cpu_thread_trace_control_index(struct cap *thread, u32 *index)
{
	return rpc_plain_word(thread, THREAD_OP_TRACE_CONTROL_INDEX, index);
}
