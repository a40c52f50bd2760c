/* Sessions of a child at a service that another child has announced: opened and closed at that one's root (genode-16.08-abi.md 2, Root).
 * The server pays for them from its own quota. */
#include "child.h"

#include "log.h"
#include "memory.h"

enum { SERVED = 8, ROOT_SESSION = 0, ROOT_CLOSE = 2 };

static struct {
	struct cap *session;
	const struct child *server;
} served[SERVED];

/* space w, h; location x, y, w, h: all zero means no preference */
static const u32 no_affinity[6];

void child_announce(struct child *child, const char *service, struct cap *root)
{
	cap_drop(child->root);
	print_text(child->service, sizeof(child->service), "%s", service);
	child->root = root;
}

bool child_sibling_session(struct child *child, const char *service, const char *args, struct cap **session)
{
	char inner[PARENT_ARGS_LIMIT];
	struct message message;

	*session = NULL;
	for (u32 n = 0; n < CHILDREN; n++) {
		const struct child *server = &child->siblings[n];

		if (!server->root || !text_equal(server->service, service))
			continue;
		child_label_args(child, args, inner, sizeof(inner));
		rpc_begin(&message, ROOT_SESSION);
		message_put_text(&message, inner);
		message_put_bytes(&message, no_affinity, sizeof(no_affinity));
		if (rpc_call_cap(server->root, &message, session) != RPC_OK)
			*session = NULL;
		for (u32 k = 0; k < SERVED && *session; k++) {
			if (served[k].session)
				continue;
			/* kept as long as it is open */
			served[k].session = cap_reference(*session);
			served[k].server = server;
			return true;
		}
		if (*session)
			log_error("there are too many sessions between children");
		return true;
	}
	return false;
}

bool child_sibling_close(struct cap *session)
{
	struct message message;

	for (u32 k = 0; k < SERVED; k++) {
		if (served[k].session != session)
			continue;
		rpc_begin(&message, ROOT_CLOSE);
		message_put_cap(&message, session);
		rpc_call_void(served[k].server->root, &message);
		cap_drop(served[k].session);
		served[k].session = NULL;
		return true;
	}
	return false;
}
