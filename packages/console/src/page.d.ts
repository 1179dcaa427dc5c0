/** The page, as the build writes it: every file by its path. */
declare module "*/page.cjs" {
  const page: {
    readonly html: string;
    readonly assets: Readonly<Record<string, { readonly type: string; readonly text: string }>>;
  };
  export default page;
}
