/* A child: its sessions, the parent interface that it talks to, and the ROM module "config" that it gets. */
#pragma once

#include "entrypoint.h"
#include "parent.h"
#include "xml.h"

enum { CHILDREN = 4 };

struct child {
	char name[32];
	char binary[32];
	u32 ram_bytes;
	/* without a tag: it gets no configuration */
	struct xml_node config;

	struct cap *ram;
	struct cap *cpu;
	struct cap *pd;
	struct cap *main_thread;
	struct rpc_object parent;
	struct cap *parent_cap;

	struct rpc_entrypoint *entrypoint;
	struct rpc_object config_rom;
	struct cap *config_rom_cap;
	struct cap *config_dataspace;

	/* all children, this one among them */
	struct child *siblings;
	/* what it announced last; null: nothing */
	char service[PARENT_NAME_LIMIT];
	struct cap *root;
};

/* null if it runs, else what went wrong */
const char *child_start(struct child *child, struct entrypoint *entrypoint);

/* decimal with an optional K or M */
u32 text_number(const char *text);

/* serves opcodes of the parent interface, of a ROM session; in service.c */
i32 child_parent_dispatch(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply);
i32 child_config_dispatch(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply);

/* the child offers a service to the others; takes the reference; in sibling.c */
void child_announce(struct child *child, const char *service, struct cap *root);

/* opens a session for the child at whichever sibling has announced the service: false if none has, and null if that one refused */
bool child_sibling_session(struct child *child, const char *service, const char *args, struct cap **session);

/* false if no sibling serves it */
bool child_sibling_close(struct cap *session);

/* session arguments with the child named first in the label */
void child_label_args(const struct child *child, const char *args, char *to, u32 bytes);

/* a session for the child at the parent's own parent, paid by the parent; null if it was refused */
struct cap *child_open_session(const struct child *child, const char *service, const char *args);
