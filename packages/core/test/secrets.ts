/** A deployment's secret for tests, and the one that it had before. */
export const SECRET = "a secret for tests, and for nothing else";
export const OLDER_SECRET = "the secret that was used before this one";
/** The secret of another deployment. */
export const OTHER_SECRET = "the secret of an unrelated deployment";
