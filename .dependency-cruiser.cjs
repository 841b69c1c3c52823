'use strict';
// Who may import whom. bin → commands → src/cli and src/<domain>/index; a domain sees other domains' index only.

/** Folders of `src` that are no domain. */
const NOT_DOMAINS = 'kernel|cli|api';
const DOMAIN = `^src/(?!(?:${NOT_DOMAINS})/)([^/]+)/`;

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'seen in what was compiled, where imports of types are gone',
      severity: 'error',
      from: { path: '^dist/' },
      to: { circular: true },
    },
    {
      name: 'domains-by-their-index',
      comment: 'a domain imports other domains through their index',
      severity: 'error',
      from: { path: DOMAIN },
      to: { path: DOMAIN, pathNot: ['^src/$1/', '/index\\.ts$'] },
    },
    {
      name: 'domains-know-no-cli',
      severity: 'error',
      from: { path: `^src/(?!(?:cli|api)/)` },
      to: { path: ['^src/cli/', '^commands/', '^bin/', 'node_modules/@oclif/', '^(node:)?process$'] },
    },
    {
      name: 'policy-keys-tlog-stand-alone',
      severity: 'error',
      from: { path: '^src/(policy|keys|tlog)/' },
      to: { path: '^src/', pathNot: ['^src/$1/', '^src/kernel/'] },
    },
    {
      name: 'ledger-stands-on-tlog-alone',
      comment: 'its chains are transparency logs',
      severity: 'error',
      from: { path: '^src/ledger/' },
      to: { path: '^src/', pathNot: ['^src/(?:ledger|kernel)/', '^src/tlog/index\\.ts$'] },
    },
    {
      name: 'kernel-stands-alone',
      severity: 'error',
      from: { path: '^src/kernel/' },
      to: { path: '^src/', pathNot: '^src/kernel/' },
    },
    {
      name: 'commands-are-thin',
      severity: 'error',
      from: { path: '^commands/' },
      to: {
        path: '^src/',
        pathNot: ['^src/api/index\\.ts$', '^src/cli/', '^src/[^/]+/index\\.ts$', '^src/kernel/'],
      },
    },
    {
      name: 'plugins-see-the-public-interface',
      severity: 'error',
      from: { path: '^plugins/' },
      to: { path: '^(src|commands)/', pathNot: '^src/api/index\\.ts$' },
    },
    { name: 'nothing-unresolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js'],
      conditionNames: ['import', 'require', 'node', 'default'],
      exportsFields: ['exports'],
    },
  },
};
