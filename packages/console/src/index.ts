export { createConsole, type Console, type KoaContext } from "./create-console.ts";
export type { ConsoleOptions } from "./options.ts";
export type { Acting, Authorize, ConsoleRequest } from "./acting.ts";
export { hashPassword, passwordSignIn, type PasswordSignInOptions } from "./sign-in/password-sign-in.ts";
export type { SignIn, SignInResult } from "./sign-in/sign-in.ts";
export { openApiDocument } from "./api/api.ts";
