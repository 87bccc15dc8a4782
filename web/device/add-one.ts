/** Adds one of many devices; whatever happens is an outcome. */
import type { DeviceInput } from '../../core/api.ts';
import { api, ApiError, sentence } from '../api.ts';
import type { AddOutcome } from './adding.ts';

export async function addOne(input: DeviceInput): Promise<AddOutcome> {
  try {
    const { device, preview } = await api.add(input, new AbortController().signal);
    return { state: 'added', text: preview.text, device: device.id };
  } catch (error) {
    // 422 is said of a device that did not answer, and of nothing else.
    const silent = error instanceof ApiError && error.status === 422;
    return { state: silent ? 'silent' : 'failed', text: sentence(error), device: null };
  }
}
