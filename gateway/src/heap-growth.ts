import { setFlagsFromString } from 'node:v8';

/**
 * Has V8 collect all garbage only once the heap is twice what the last such collection left. By itself it comes down
 * to a tenth more in a process that is busy with buffers, which count although they lie outside of the heap: then every
 * 16 MB that pass through, even if the cheap collections free them at once, have the whole heap marked, by helper
 * threads that take the processor from everything else.
 */
export function letHeapGrow(): void {
  setFlagsFromString('--heap-growing-percent=100');
}
