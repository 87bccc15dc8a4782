/** Readers of Linux /proc texts. Pure: text in, numbers out; null where a text is not what it should be. */

export interface CpuTicks {
  /** Clock ticks since boot, summed over all CPUs. */
  readonly user: bigint;
  readonly system: bigint;
  readonly iowait: bigint;
  /** Everything but idle and waiting for disks. */
  readonly used: bigint;
  readonly cpus: number;
}

/** /proc/stat. Guest time is part of user time there and not counted again. */
export function parseStat(text: string): CpuTicks | null {
  const line = /^cpu +(.+)$/m.exec(text)?.[1];
  if (line === undefined) return null;
  const [user = 0n, nice = 0n, system = 0n, , iowait = 0n, irq = 0n, softirq = 0n, steal = 0n] = line
    .trim()
    .split(/ +/)
    .map(BigInt);
  return {
    user: user + nice,
    system: system + irq + softirq,
    iowait,
    used: user + nice + system + irq + softirq + steal,
    cpus: Math.max(1, text.match(/^cpu\d+ /gm)?.length ?? 1),
  };
}

export interface Memory {
  readonly usedBytes: number;
  readonly sizeBytes: number;
  readonly cachedBytes: number;
  readonly buffersBytes: number;
  readonly swapUsedBytes: number;
  readonly swapSizeBytes: number;
}

/** /proc/meminfo, with used and cached as `free` counts them: used + cached + buffers + free = size. */
export function parseMeminfo(text: string): Memory | null {
  const kib = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1] ?? NaN);
  const sizeBytes = kib('MemTotal') * 1024;
  const buffersBytes = kib('Buffers') * 1024;
  const reclaimable = kib('SReclaimable');
  const cachedBytes = (kib('Cached') + (Number.isNaN(reclaimable) ? 0 : reclaimable)) * 1024;
  const usedBytes = sizeBytes - kib('MemFree') * 1024 - buffersBytes - cachedBytes;
  if (Number.isNaN(usedBytes)) return null;
  const swapSizeBytes = kib('SwapTotal') * 1024;
  return {
    usedBytes,
    sizeBytes,
    cachedBytes,
    buffersBytes,
    swapSizeBytes,
    swapUsedBytes: swapSizeBytes - kib('SwapFree') * 1024,
  };
}

export interface NetCounters {
  readonly name: string;
  readonly inBytes: bigint;
  readonly inPackets: bigint;
  readonly inErrors: bigint;
  readonly inDiscards: bigint;
  readonly outBytes: bigint;
  readonly outPackets: bigint;
  readonly outErrors: bigint;
  readonly outDiscards: bigint;
}

/** /proc/net/dev; the loopback comes last. */
export function parseNetDev(text: string): NetCounters[] {
  const found: NetCounters[] = [];
  for (const line of text.split('\n')) {
    const match = /^ *(\S.*?): *([\d ]+)$/.exec(line);
    const name = match?.[1];
    const n = match?.[2]?.trim().split(/ +/).map(BigInt);
    if (name === undefined || !n || n.length < 12) continue;
    const at = (i: number) => n[i] ?? 0n;
    found.push({
      name,
      inBytes: at(0),
      inPackets: at(1),
      inErrors: at(2),
      inDiscards: at(3),
      outBytes: at(8),
      outPackets: at(9),
      outErrors: at(10),
      outDiscards: at(11),
    });
  }
  return [...found.filter((i) => i.name !== 'lo'), ...found.filter((i) => i.name === 'lo')];
}

export interface Mount {
  /** major:minor of the device. */
  readonly device: string;
  /** Which part of the filesystem is mounted: '/' unless it is a bind mount. */
  readonly root: string;
  readonly point: string;
  readonly type: string;
  readonly source: string;
}

/** Filesystems without a disk behind them that a person would still call a disk. */
const NETWORK_TYPES = /^(nfs4?|cifs|smb3?|ceph|glusterfs|lustre|afs|9p|virtiofs|zfs|fuse\..+|fuseblk)$/;
/** Read-only images: always full, never a question of capacity. */
const IMAGE_TYPES = /^(squashfs|iso9660|udf|erofs|cramfs)$/;
const FUSE_PSEUDO = /^fuse\.(gvfsd-fuse|portal|lxcfs|snapfuse|fusectl)$/;

/**
 * The real filesystems of /proc/self/mountinfo (its format: proc(5)), in order, each once.
 * @param diskTypes types that need a block device: those without "nodev" in /proc/filesystems
 */
export function parseMounts(text: string, diskTypes: ReadonlySet<string>): Mount[] {
  const byDevice = new Map<string, Mount>();
  for (const line of text.split('\n')) {
    const [left, right] = line.split(' - ');
    const fields = left?.split(' ') ?? [];
    const [type = '', source = ''] = right?.split(' ') ?? [];
    const [, , device, root, point] = fields;
    if (device === undefined || root === undefined || point === undefined) continue;
    const mount: Mount = { device, root: unescape(root), point: unescape(point), type, source: unescape(source) };
    if (!isReal(mount, diskTypes)) continue;
    // Subvolumes of btrfs have device numbers of their own, but share one disk.
    const id = type === 'btrfs' ? source : device;
    const known = byDevice.get(id);
    if (!known || (known.root !== '/' && mount.root === '/')) byDevice.set(id, mount);
  }
  // What is mounted over another mount hides it.
  return [...new Map([...byDevice.values()].map((mount) => [mount.point, mount])).values()];
}

function isReal(mount: Mount, diskTypes: ReadonlySet<string>): boolean {
  if (IMAGE_TYPES.test(mount.type) || FUSE_PSEUDO.test(mount.type) || mount.point.startsWith('/snap/')) return false;
  if (mount.type === 'overlay') return mount.point === '/';
  return diskTypes.has(mount.type) || NETWORK_TYPES.test(mount.type);
}

/** Spaces and the like are written as three octal digits. */
function unescape(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
}

/** /proc/filesystems: the types that live on a block device. */
export function parseDiskTypes(text: string): Set<string> {
  const types = text.split('\n').flatMap((line) => (line.startsWith('\t') ? [line.trim()] : []));
  return new Set([...types, 'btrfs', 'xfs', 'ext4']);
}
