/* The map from capability ids to records: a list (flavour "rtcr") or a balanced tree (flavour "stock"). */
#pragma once

#include "cap.h"

struct cap *cap_map_find(u32 id);
struct cap *cap_map_insert_at(u32 id, u32 slot);

/* moves what was received at `selector` under its id; null when the id stands for another object */
struct cap *cap_map_insert_received(u32 id, u32 selector);
void cap_map_remove(struct cap *cap);
