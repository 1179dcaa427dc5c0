/** The build and the tests read Lua files as text. */
declare module "*.lua" {
  const source: string;
  export default source;
}
