/**
 * Seals secrets with AES-256-GCM (NIST SP 800-38D): a random nonce each, and the secret's id
 * as additional data, so that no secret can be passed off as another. The key is a file of
 * its own, so that a copy of the database alone gives nothing away.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { chmod, open, readFile } from 'node:fs/promises';
import { SecretUnreadable } from '../../core/ports.ts';
import { DataFolderError } from '../failures.ts';

const FORMAT = 1;
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface Vault {
  seal(id: string, plaintext: string): Promise<Uint8Array>;
  /** Rejects with SecretUnreadable when the key is lost or is another one. */
  unseal(id: string, sealed: Uint8Array): Promise<string>;
}

/** @param keyPath null: the key lives as long as the process */
export function createVault(keyPath: string | null): Vault {
  let key: Buffer | null = keyPath === null ? randomBytes(KEY_BYTES) : null;
  const load = async () => {
    key ??= await readKey(keyPath ?? '');
    return key;
  };
  let making: Promise<Buffer> | null = null;
  /** One key, however many first secrets come at once. */
  const loadOrMake = (): Promise<Buffer> => {
    making ??= load()
      .then(async (found) => (key = found ?? (await makeKey(keyPath ?? ''))))
      .finally(() => (making = null));
    return making;
  };
  return {
    async seal(id, plaintext) {
      const sealing = await loadOrMake();
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(id, 'utf8'));
      const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()]);
      return Buffer.concat([Buffer.of(FORMAT), nonce, cipher.getAuthTag(), body]);
    },
    async unseal(id, sealed) {
      const opened = await load().catch((cause: unknown) => {
        throw cause instanceof DataFolderError ? new SecretUnreadable(cause.message, { cause }) : cause;
      });
      if (!opened) {
        throw new SecretUnreadable(
          `The key file ${keyPath ?? ''} is missing; put it back, or enter the secrets of your devices again.`,
        );
      }
      const bytes = Buffer.from(sealed);
      const head = 1 + NONCE_BYTES;
      try {
        if (bytes[0] !== FORMAT) throw new RangeError(`unknown format ${bytes[0] ?? 'of nothing'}`);
        const decipher = createDecipheriv('aes-256-gcm', opened, bytes.subarray(1, head), { authTagLength: TAG_BYTES })
          .setAAD(Buffer.from(id, 'utf8'))
          .setAuthTag(bytes.subarray(head, head + TAG_BYTES));
        return decipher.update(bytes.subarray(head + TAG_BYTES), undefined, 'utf8') + decipher.final('utf8');
      } catch (cause) {
        throw new SecretUnreadable(
          `The secret ${id} cannot be opened: ${keyPath ?? 'the key'} is not the key it was sealed with; ` +
            'put the old key file back, or enter the secret again.',
          { cause },
        );
      }
    },
  };
}

async function readKey(path: string): Promise<Buffer | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return null;
    throw new DataFolderError(`The key file ${path} cannot be read; give the user who runs Saguaro access to it.`, { cause });
  }
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== KEY_BYTES) {
    throw new DataFolderError(
      `The key file ${path} does not hold a key; put the right one back, or remove the file and enter all secrets again.`,
    );
  }
  await chmod(path, 0o600);
  return key;
}

async function makeKey(path: string): Promise<Buffer> {
  const key = randomBytes(KEY_BYTES);
  try {
    const file = await open(path, 'wx', 0o600);
    try {
      await file.writeFile(`${key.toString('base64')}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new DataFolderError(`The key file ${path} cannot be written, so no secret can be kept; check its folder.`, { cause });
  }
  return key;
}
