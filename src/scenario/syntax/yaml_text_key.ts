// The one key of YAML's that stands for no child and no attribute.
// Owns no state.

/** The key of text directly inside an element; it has to be quoted, since `#` starts a comment. */
export const TEXT_KEY = '#text';
