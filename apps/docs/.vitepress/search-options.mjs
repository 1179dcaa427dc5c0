// Options with which the search of the site ranks pages. The test of the site searches with the same options.

/** The options of VitePress, and how much a page counts. */
export const searchOptions = {
  fuzzy: 0.2,
  prefix: true,
  boost: { title: 4, text: 2, titles: 1 },
  /**
   * Guides before packages, and those before the reference. VitePress sends this function to the browser as text, so it must not use anything
   * outside itself.
   */
  boostDocument: (id) => {
    if (/\/generated\/reference\//.test(id)) return 0.01;
    if (/\/generated\/(?:problems|errors)\//.test(id)) return 0.2;
    if (/\/generated\/project\//.test(id)) return 0.1;
    if (/\/generated\//.test(id)) return 0.17;
    return /\/reference\//.test(id) ? 0.7 : 1;
  },
};
