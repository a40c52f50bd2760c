// Where reports go if nobody says otherwise, relative to the working folder.
// Owns no state.

export const REPORT_FOLDER = 'reports';
