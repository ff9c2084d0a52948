import { setFlagsFromString } from 'node:v8';

/**
 * Cedar's engine. All of the gateway has it from here, because calling it is not safe everywhere: V8 11 (Node 20) builds
 * calls of WebAssembly into hot functions, and when it has to give up such a function during a call that returns an
 * object, as all of Cedar's do, it ends the process ("unreachable code" in `Deoptimizer::DoComputeBuiltinContinuation`).
 * Some thousand new statements were enough. Without that optimisation a decision takes as long.
 */
if (process.versions.v8.startsWith('11.')) setFlagsFromString('--no-turbo-inline-js-wasm-calls');

export * from '@cedar-policy/cedar-wasm/nodejs';
