import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GALLERY_TOOLS } from './exhibit.ts';

/** What serves modules to `go` in the gallery: a folder, told by `GOPROXY`. */
export const GO_PROXY = join(GALLERY_TOOLS, 'goproxy');

/** A module that requires nothing. */
export const GO_MOD = 'module example.com/app\n\ngo 1.18\n';

/** Modules of Go at version v1.0.0, each with one exported name, put where `go` finds them. */
export function goModules(modules: Readonly<Record<string, string>>): void {
  for (const [path, exported] of Object.entries(modules)) {
    const at = join(GO_PROXY, path, '@v');
    if (existsSync(at)) continue;
    mkdirSync(dirname(at), { recursive: true });
    const made = mkdtempSync(join(dirname(at), 'made-'));
    const inside = `${path}@v1.0.0`;
    const name = path.split('/').at(-1) ?? '';
    const mod = `module ${path}\n\ngo 1.18\n`;
    mkdirSync(join(made, inside), { recursive: true });
    writeFileSync(join(made, inside, 'go.mod'), mod);
    writeFileSync(
      join(made, inside, `${name}.go`),
      `package ${name}\n\nfunc ${exported}() int { return 1 }\n`,
    );
    execFileSync('zip', ['-q', '-r', 'v1.0.0.zip', inside], { cwd: made });
    rmSync(join(made, inside.split('/')[0] ?? inside), { recursive: true });
    writeFileSync(join(made, 'list'), 'v1.0.0\n');
    writeFileSync(join(made, 'v1.0.0.info'), '{"Version":"v1.0.0","Time":"2024-01-01T00:00:00Z"}\n');
    writeFileSync(join(made, 'v1.0.0.mod'), mod);
    renameSync(made, at);
  }
}
