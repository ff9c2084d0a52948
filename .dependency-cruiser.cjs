/** Who may import whom: the rooms of docs/architecture.md as rules that fail the build. */
const rule = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    rule(
      'no-circular',
      'A cycle means two files are one',
      {},
      { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    ),
    rule('no-unresolvable', 'Everything that is imported exists', {}, { couldNotResolve: true }),
    rule(
      'contract-alone',
      'contract is what both halves share; it knows neither',
      { path: '^contract/' },
      { path: '^(gateway|gateway-client|main|renderer|demo|test|bench|scripts)/' },
    ),
    rule(
      'contract-no-io',
      'contract does no I/O',
      { path: '^contract/src', pathNot: '\\.test\\.ts$' },
      { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    ),
    rule(
      'gateway-contract-only',
      'the gateway imports contract only',
      { path: '^gateway/', pathNot: '\\.test\\.ts$' },
      { path: '^(gateway-client|main|renderer|demo|test|bench|scripts)/' },
    ),
    rule(
      'gateway-tests-support',
      "the gateway's unit tests use the test support and the demo's identity provider beside it",
      { path: '^gateway/.*\\.test\\.ts$' },
      { path: '^(gateway-client|main|renderer|bench|scripts)/|^test/(?!support/)' },
    ),
    rule(
      'gateway-plain-node',
      'the gateway never imports Electron or React',
      { path: '^(gateway|gateway-client|contract)/' },
      { path: 'node_modules/(electron|react|react-dom)/' },
    ),
    rule(
      'cedar-one-door',
      'Cedar is called through policy/cedar.ts, which makes that safe',
      { path: '^(gateway|demo|test|bench|scripts)/', pathNot: '^gateway/src/policy/cedar\\.ts$' },
      { path: 'node_modules/@cedar-policy/' },
    ),
    rule(
      'client-contract-only',
      'gateway-client imports contract only',
      { path: '^gateway-client/' },
      { path: '^(gateway|main|renderer|demo|test|bench|scripts)/' },
    ),
    rule(
      'main-client-and-contract',
      'main imports gateway-client and contract',
      { path: '^main/' },
      { path: '^(gateway|renderer|demo|test|bench|scripts)/' },
    ),
    rule(
      'renderer-contract-and-ipc',
      "renderer imports contract and main's IPC contract",
      { path: '^renderer/' },
      { path: '^(gateway|gateway-client|main|demo|test|bench|scripts)/', pathNot: '^main/ipc/' },
    ),
    rule(
      'renderer-no-node',
      'the renderer is a sandboxed page',
      { path: '^renderer/', pathNot: '\\.(test|config)\\.ts$' },
      { dependencyTypes: ['core'] },
    ),
    rule(
      'protocols-not-store',
      'protocols never see the store or the API',
      { path: '^gateway/src/protocols/' },
      { path: '^gateway/src/(store|api|access|identity|config)/' },
    ),
    rule(
      'neutral-not-protocols',
      'policy, masking and recording never import a protocol',
      { path: '^gateway/src/(policy|masking|recording)/' },
      { path: '^gateway/src/protocols/' },
    ),
    rule(
      'notifications-tell-only',
      'notifications read what changed and hand on what people decide; they see no traffic, no session and no route',
      { path: '^gateway/src/notifications/' },
      { path: '^gateway/src/(protocols|sessions|masking|recording|api)/' },
    ),
    rule(
      'only-main-composes',
      'only the composition root and the API see the routes',
      { path: '^gateway/src/', pathNot: '^gateway/src/(api|main|gateway)' },
      { path: '^gateway/src/api/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // The parser reads no TSX; what the renderer's components may import is a rule of Biome's instead.
    exclude: { path: '(^|/)dist/|\\.tsx$' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.tsx', '.js', '.cjs', '.mjs', '.json'],
    },
  },
};
