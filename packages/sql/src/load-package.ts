import { KeywardError } from "@keyward/core";

/**
 * Loads a package that is needed only for one kind of store.
 *
 * @param load imports the package by its literal name, so that bundlers find it
 * @param ifMissing says what to install
 */
export async function loadPackage<T>(load: () => Promise<unknown>, ifMissing: string): Promise<T> {
  try {
    // Named exports, or a default export where a CommonJS module was imported.
    const loaded = (await load()) as T & { readonly default?: T };
    return loaded.default ?? loaded;
  } catch (cause) {
    const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
    const isMissing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND";
    throw new KeywardError(
      "store-unavailable",
      isMissing ? ifMissing : `${ifMissing} It did not load: ${message}`,
      {
        cause,
      },
    );
  }
}
