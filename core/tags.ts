/** Words to find a device by, separated by commas, semicolons or bars; each once. */
export function tagsOf(text: string): string[] {
  return [...new Set(text.split(/[,;|]/).map((tag) => tag.trim()))].filter(Boolean);
}
