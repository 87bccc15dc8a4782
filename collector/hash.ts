export { hash32 } from '../core/hash.ts';
