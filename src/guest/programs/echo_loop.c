/* Client of the service "Echo" that never stops asking for sums: the round trip of an RPC, over and over, for measurements. */
#include "component.h"
#include "env.h"
#include "log.h"

enum { OP_ADD = 0 };

const u32 component_stack_bytes = 16 * 1024;

void component_construct(struct entrypoint *entrypoint)
{
	struct cap *echo;
	u32 sum = 0;

	(void)entrypoint;
	echo = env_session("Echo", "ram_quota=8K");
	log_line("echo_loop: begins");
	for (;;) {
		struct message message;

		rpc_begin(&message, OP_ADD);
		message_put_word(&message, sum);
		message_put_word(&message, 1);
		if (rpc_call_word(echo, &message, &sum) != RPC_OK)
			break;
	}
	log_error("echo_loop: the server does not answer");
}
