// What a checkpoint image may be at most; all of these are looked at before anything is allocated for it.
// Pure constants, unit last.

export const IMAGE_FILE_BYTES = 512 * 1024 * 1024;
export const IMAGE_BODY_BYTES = 768 * 1024 * 1024;
export const IMAGE_PAGES = IMAGE_BODY_BYTES / 4096;
/** Of one list and of one text among the records. */
export const IMAGE_LIST_ITEMS = 1 << 20;
export const IMAGE_TEXT_CHARACTERS = 4096;
