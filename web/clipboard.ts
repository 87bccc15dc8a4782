/** The clipboard, which a browser gives only to pages that came by HTTPS or from this machine. */

/** @returns whether it was copied */
export async function copied(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // Refused, or not there at all; whoever asked says what to do instead.
  }
}
