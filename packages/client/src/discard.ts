/** Discards the body of a response, so that its connection can be reused. */
export async function discard(response: Response): Promise<void> {
  const body = response.body as unknown as { cancel?: () => Promise<void>; destroy?: () => void } | null;
  // Bodies of some libraries are Node streams.
  if (typeof body?.cancel === "function") await body.cancel().catch(() => {});
  else body?.destroy?.();
}
