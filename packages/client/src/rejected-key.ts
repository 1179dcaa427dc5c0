const REJECTED = new Set(["revoked-api-key", "expired-api-key"]);

/** Whether a response says that the key is revoked or has expired. Its body can still be read. */
export async function isKeyRejected(response: Response): Promise<boolean> {
  if (response.status !== 401) return false;
  try {
    const { code } = (await response.clone().json()) as { code?: string };
    return code !== undefined && REJECTED.has(code);
  } catch {
    return false;
  }
}
