/** Koa 2 beside 3, by an alias. What the tests use of both has the same types. */
declare module "koa2" {
  export { default } from "koa";
}
