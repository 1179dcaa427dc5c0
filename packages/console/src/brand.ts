import { KeywardError } from "@keyward/core";
import { isText } from "@keyward/core/adapter";
import { isPathOrHttps } from "./addresses.ts";

/** The application that a page belongs to, as its customers know it. */
export interface BrandOptions {
  /** The name of the application, shown at the top of the page. */
  readonly name: string;
  /** The address of a logo, shown before the name: a path or an https address. Default: no logo. */
  readonly logo?: string | undefined;
  /** The address that the name leads to: a path or an https address. Default: the name is not a link. */
  readonly homeUrl?: string | undefined;
  /** The colour of buttons and selections, such as `#0a7d4f`. Text on it is black or white, whichever has more contrast. */
  readonly accent?: string | undefined;
}

export interface Brand {
  readonly name: string;
  readonly logo: string | null;
  readonly homeUrl: string | null;
  readonly accent: string | null;
  /** The colour of text on `accent`. */
  readonly accentText: string | null;
}

const OPTIONS = ["name", "logo", "homeUrl", "accent"];

/** @throws KeywardError `invalid-option` */
export function checkBrand(options: BrandOptions): Brand {
  if (typeof options !== "object" || options === null) fail("brand must be an object such as { name }.");
  const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name));
  if (unknown !== undefined) {
    fail(`brand has no option ${JSON.stringify(unknown)}; its options are ${OPTIONS.join(", ")}.`);
  }
  const { name, logo = null, homeUrl = null, accent = null } = options;
  if (!isText(name)) fail("brand.name must be visible text of 1 to 200 characters.");
  if (logo !== null && !isPathOrHttps(logo)) fail("brand.logo must be a path or an https address.");
  if (homeUrl !== null && !isPathOrHttps(homeUrl)) fail("brand.homeUrl must be a path or an https address.");
  if (accent !== null && !/^#[0-9a-f]{6}$/i.test(String(accent))) {
    fail("brand.accent must be a colour of six hexadecimal digits such as #0a7d4f.");
  }
  return { name, logo, homeUrl, accent, accentText: accent === null ? null : textOn(accent) };
}

/** Black or white. One of them has a contrast of at least 4.5 with any colour (WCAG 2.2, 1.4.3). */
function textOn(color: string): string {
  const luminance = luminanceOf(color);
  const [onWhite, onBlack] = [1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05];
  return onWhite >= onBlack ? "#ffffff" : "#000000";
}

/** Relative luminance (WCAG 2.2). */
function luminanceOf(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function fail(message: string): never {
  throw new KeywardError("invalid-option", message);
}
