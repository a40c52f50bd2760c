/* Client of the CPU session and of Cpu_thread; opcodes as in genode-16.08-abi.md 2. */
#include "cpu.h"

#include "memory.h"

enum {
	OP_CREATE_THREAD = 0,
	OP_TRACE_CONTROL = 4,
	THREAD_OP_START = 1,
	THREAD_OP_GET_STATE = 6,
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
