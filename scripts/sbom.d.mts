export function sbomFile(manifest: { readonly name: string; readonly version: string }): string;
export function writeSboms(into: string): readonly string[];
