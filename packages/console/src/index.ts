export { createConsole, type Console, type KoaContext } from "./create-console.ts";
export type { ConsoleOptions } from "./options.ts";
export type { BrandOptions } from "./brand.ts";
export type { ConsoleMessages } from "./messages.ts";
export type { Authorize, ConsoleRequest } from "./authorize.ts";
export { hashPassword, passwordSignIn, type PasswordSignInOptions } from "./sign-in/password-sign-in.ts";
export { keySignIn, type KeySignInOptions } from "./sign-in/key-sign-in.ts";
export type { SignIn, SignInResult } from "./sign-in/sign-in.ts";
export { openApiDocument } from "./api/api.ts";
