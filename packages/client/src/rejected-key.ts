/** Returns whether the API rejects the key as revoked or expired. Leaves the body readable. */
export async function isKeyRejected(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  const problem = (await response
    .clone()
    .json()
    .catch(() => null)) as { readonly code?: string } | null;
  return /^(?:revoked|expired)-api-key$/.test(problem?.code ?? "");
}
