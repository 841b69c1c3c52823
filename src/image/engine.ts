/** What is asked of a container engine, whichever it is. */
export interface Engine {
  readonly name: 'docker' | 'podman' | 'buildah';
  /** As it says itself. */
  readonly version: string;
  /** Builds for one platform and tags what came out `image`. @throws BitError `failed` */
  build(request: BuildRequest): Promise<void>;
  /** Runs words inside the image. @throws BitError `failed` where they end with another status than 0 */
  run(image: string, words: readonly string[], options: ProgramOptions): Promise<void>;
  /** One name over images of several platforms. */
  join(name: string, images: readonly string[], options: ProgramOptions): Promise<void>;
  /** The digest of the manifest as the registry has it. @throws BitError `failed` */
  push(image: string, request: PushRequest): Promise<string>;
  /** Writes the image as an OCI image layout into a directory that is there and empty. */
  save(image: string, directory: string, options: ProgramOptions): Promise<void>;
  /** Forgets an image or a name; no error where it isn't there. */
  remove(image: string, options: ProgramOptions): Promise<void>;
}

export interface ProgramOptions {
  readonly signal: AbortSignal;
  /** Each line the engine prints. */
  readonly onLine: (line: string) => void;
}

export interface BuildRequest extends ProgramOptions {
  readonly image: string;
  /** Absolute. */
  readonly context: string;
  readonly dockerfile: string;
  /** `linux/amd64`. */
  readonly platform: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Where layers are kept in the registry, where they are. */
  readonly cache: LayerCache | undefined;
  /** The registry speaks plain HTTP: loopback only. */
  readonly insecure: boolean;
  /** A file of registry credentials (containers-auth.json), where we made one. */
  readonly authFile: string | undefined;
}

export interface LayerCache {
  /** `registry/owner/prefix-cache` */
  readonly repository: string;
  readonly scope: string;
}

export interface PushRequest extends ProgramOptions {
  /** The name is one over several platforms. */
  readonly joined: boolean;
  readonly insecure: boolean;
  readonly authFile: string | undefined;
}
