// What a checkpoint image may be at most; all of these are looked at before anything is allocated for it.
// Pure constants, unit last.

export const IMAGE_FILE_BYTES = 512 * 1024 * 1024;
export const IMAGE_BODY_BYTES = 768 * 1024 * 1024;
/** Records are read as a whole. */
export const IMAGE_RECORD_BYTES = 64 * 1024 * 1024;
/** Of all contents together: pages that are zero or alike take no room in the file. */
export const IMAGE_CONTENT_BYTES = 1024 * 1024 * 1024;
/** Components of one checkpoint. */
export const IMAGE_MEMBERS = 64;
export const IMAGE_PAGES = IMAGE_BODY_BYTES / 4096;
/** Of one list and of one text among the records. */
export const IMAGE_LIST_ITEMS = 1 << 20;
export const IMAGE_TEXT_CHARACTERS = 4096;
/** Of a component's configuration. */
export const IMAGE_CONFIG_CHARACTERS = 4 * 1024 * 1024;
