export const MIN_PASSWORD_LENGTH = 12;
const MIN_DISTINCT = 5;

/**
 * Those of the 10,000 most common passwords (Daniel Miessler's SecLists, MIT) that the other rules accept. The others are shorter or
 * have fewer different characters.
 */
const COMMON: ReadonlySet<string> = new Set([
  "123456654321",
  "123456789qwe",
  "123456qwerty",
  "123qweasdzxc",
  "1q2w3e4r5t6y",
  "1qaz2wsx3edc",
  "1qazxsw23edc",
  "gfhjkmgfhjkm",
  "ghhh47hj7649",
  "ghjcnjgfhjkm",
  "leavemealone",
  "mailcreated5240",
  "masterbating",
  "motherfucker",
  "polniypizdec0211",
  "q1w2e3r4t5y6",
  "qazwsxedc123",
  "qazwsxedcrfv",
  "qwerasdfzxcv",
  "qwerty123456",
  "qwertyqwerty",
  "sojdlg123aljg",
  "sonyericsson",
  "zxcasdqwe123",
]);

/** Returns why a password is too weak, as the end of "password must …", or `undefined` if it is strong enough. Never contains the password. */
export function passwordWeakness(password: string): string | undefined {
  if (password.length < MIN_PASSWORD_LENGTH) {
    return `have at least ${MIN_PASSWORD_LENGTH} characters; got ${password.length}`;
  }
  if (new Set(password).size < MIN_DISTINCT) return `have at least ${MIN_DISTINCT} different characters`;
  return COMMON.has(password.toLowerCase()) ? "not be one of the 10,000 most common ones" : undefined;
}
