/** Lets go of a response that nobody reads, so that its connection can be used again. */
export async function discard(response: Response): Promise<void> {
  const body = response.body as unknown as { cancel?: () => Promise<void>; destroy?: () => void } | null;
  // Some libraries have Node's streams as bodies.
  if (typeof body?.cancel === "function") await body.cancel().catch(() => {});
  else body?.destroy?.();
}
