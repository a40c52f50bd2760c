/* Client of the service "Echo": asks for three sums, logs them, then idles in its entrypoint. */
#include "component.h"
#include "env.h"
#include "log.h"

enum { OP_ADD = 0 };

const u32 component_stack_bytes = 16 * 1024;

static struct cap *echo;

static u32 add(u32 a, u32 b)
{
	struct message message;
	u32 sum = 0;

	rpc_begin(&message, OP_ADD);
	message_put_word(&message, a);
	message_put_word(&message, b);
	if (rpc_call_word(echo, &message, &sum) != RPC_OK)
		log_error("echo_client: the server does not answer");
	return sum;
}

void component_construct(struct entrypoint *entrypoint)
{
	static const u32 pairs[][2] = { { 1, 2 }, { 20, 22 }, { 40000, 2000 } };

	(void)entrypoint;
	echo = env_session("Echo", "ram_quota=8K");
	for (u32 n = 0; n < ARRAY_LENGTH(pairs); n++)
		log_line("echo_client: %u + %u = %u", pairs[n][0], pairs[n][1], add(pairs[n][0], pairs[n][1]));
	log_line("echo_client: done");
}
