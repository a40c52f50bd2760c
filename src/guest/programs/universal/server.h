/* What objects and services have in common: a call is a word and perhaps a capability, and so is its answer; the server's steps decide. */
#pragma once

#include "run.h"

enum { CALL_OPCODE = 0 };

/* an entrypoint that serves calls; the component's own one is the first of them */
struct server {
	struct entrypoint *entrypoint;
	struct actor actor;
};

/* attribute `at` names the entrypoint; without it, the component's own */
bool server_of(struct run *run, const struct xml_node *node, struct server **server);

/* carries out the steps in `node` for one call; null node: no steps */
void serve_steps(struct server *server, const struct xml_node *node, struct served *served);

/* the call itself; the answer defaults to the argument */
i32 serve_call(struct server *server, const struct xml_node *node, struct served *served, u32 opcode, struct message *request, struct message *reply);
