export default {
  // Its SQLite driver is loaded by a separate thread, where bundled code does not find it.
  serverExternalPackages: ["@keyward/sql"],
};
