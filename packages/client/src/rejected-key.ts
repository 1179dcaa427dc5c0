const REJECTED = new Set(["revoked-api-key", "expired-api-key"]);

/** Returns whether the API rejects the key as revoked or expired. Leaves the body readable. */
export async function isKeyRejected(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  try {
    const { code } = (await response.clone().json()) as { code?: string };
    return code !== undefined && REJECTED.has(code);
  } catch {
    return false;
  }
}
