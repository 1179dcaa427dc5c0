export const searchOptions: {
  readonly fuzzy: number;
  readonly prefix: boolean;
  readonly boost: { readonly title: number; readonly text: number; readonly titles: number };
  readonly boostDocument: (id: string) => number;
};
