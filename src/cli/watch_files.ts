// Tells of changes below folders. Owner of the watchers while they are open.
// A folder that is not there is left out; one that goes away later ends its watcher.

import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';

export function watchFiles(folders: readonly string[], changed: (path: string) => void): () => void {
  const watchers: FSWatcher[] = [];
  for (const folder of folders) {
    if (!existsSync(folder)) continue;
    const watcher = watch(folder, { recursive: true }, (_kind, file) => {
      if (file !== null) changed(join(folder, file));
    });
    watcher.on('error', () => watcher.close());
    watchers.push(watcher);
  }
  return () => {
    for (const watcher of watchers) watcher.close();
  };
}
