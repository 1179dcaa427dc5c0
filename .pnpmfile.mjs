export const hooks = {
  /** Published packages have no sources, so their exports have no `source` condition either. */
  beforePacking(manifest) {
    for (const target of Object.values(manifest.exports ?? {})) delete target.source;
    return manifest;
  },
};
