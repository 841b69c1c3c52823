/**
 * Secrets: `bit secret set NAME`, referred to as `secret:NAME`.
 *
 * They live in the OS key store (keytar); where there is none, each in a file of its own encrypted by a passphrase
 * (age, scrypt recipient, so the `age` program opens it; prompt or `BIT_PASSPHRASE_FILE`), and without a passphrase in
 * a 0600 file that is plainly called unencrypted. A secret belongs to one repository unless it was set for the user;
 * the repository's own is found first. A value that was read is masked in whatever this process writes from then on.
 */
export { listSecrets, removeSecret, type SecretChange, type SecretListing, setSecret } from './manage.ts';
export { checkSecretName, secretName } from './name.ts';
export { readSecret } from './read.ts';
export type { SecretInfo, SecretPlace, SecretScope } from './store.ts';
