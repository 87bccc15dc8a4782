/** docs/command-line.md, made from the help texts: `npm run manual` writes it anew. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from './commands.ts';
import { helpFor } from './help.ts';

export const MANUAL = join(import.meta.dirname, '..', 'docs', 'command-line.md');

export function manual(): string {
  const block = (text: string) => `\`\`\`text\n${text}\n\`\`\`\n`;
  const sections = COMMANDS.map((command) => `## saguaro ${command.words.join(' ')}\n\n${block(helpFor(command, [], COMMANDS))}`);
  return `# Command line\n\nWhat \`./saguaro --help\` and \`./saguaro COMMAND --help\` print.\n\n${block(helpFor(null, [], COMMANDS))}\n${sections.join('\n')}`;
}

if (import.meta.main) writeFileSync(MANUAL, manual());
