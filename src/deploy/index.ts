/**
 * Deploy: targets of `.bithub.yml`, each deployed to as a run of the workflow engine.
 *
 *     deploy:
 *       targets:
 *         production:
 *           command: ./ship.sh            # or a list, or script: a program of the repository
 *           environment: { REGION: eu }
 *           secrets: [DEPLOY_KEY]         # of bit secret set; it gets these and no others
 *           health: { url: https://example.org/health, retries: 10, interval: 3 }
 *           rollback: ./back.sh           # default: the last good release's commit is deployed again
 *           keep: 5
 *
 * Commands see `BIT_TARGET`, `BIT_RELEASE`, `BIT_RELEASE_COMMIT` and `BIT_RELEASE_DIR`, a folder kept with the release.
 * Every release is recorded under `<state>/deploy/<target>` before it begins and when it ended.
 */
export type { DeployResult } from './deploy.ts';
export { type Deployed, deployOrList, type ReleaseList, renderDeploy } from './list.ts';
export type { Release } from './releases.ts';
export { type DeploymentRollback, rollbackDeployment } from './rollback.ts';
