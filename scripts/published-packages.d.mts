/** The repository's folder. */
export const root: string;

/** A package that goes to the registry. */
export interface PublishedPackage {
  /** Of its folder. */
  readonly name: string;
  readonly folder: string;
  readonly manifest: {
    readonly name: string;
    readonly version: string;
    readonly peerDependencies?: Readonly<Record<string, string>>;
  };
}

export function publishedPackages(): readonly PublishedPackage[];
