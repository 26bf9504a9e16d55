import { defineConfig } from 'rolldown';

/**
 * The shipped command: one file with all that a plain `khlone status` needs, which prompts and scripts call again
 * and again, and a second one with the rest. Loading some forty modules one by one takes twice as long as the
 * whole call. CommonJS, since Node starts it without its loader of ES modules.
 */
const command = 'cli/main.ts';

/** The client, which every call to a daemon loads in the end. */
const client = /client\/index\.ts$/;

/** Modules that a call needs whatever it asks for: the entry's and the client's static imports, and theirs. */
const needed = new Set();

const collectNeeded = {
  name: 'collect-needed',
  buildEnd() {
    const visit = (id) => {
      if (needed.has(id)) return;
      needed.add(id);
      this.getModuleInfo(id)?.importedIds.forEach(visit);
    };
    for (const id of this.getModuleIds()) if (client.test(id) || this.getModuleInfo(id)?.isEntry) visit(id);
  },
};

export default defineConfig({
  input: { khlone: command },
  preserveEntrySignatures: false,
  // In the compiled modules these imports are lazy; here they land in the same file.
  checks: { ineffectiveDynamicImport: false },
  platform: 'node',
  external: [/^node:/, 'commander', '@xterm/headless'],
  resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  transform: { target: 'node20' },
  plugins: [collectNeeded],
  output: {
    dir: 'dist/cli',
    format: 'cjs',
    minify: true,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { name: 'khlone-core', test: (id) => needed.has(id) },
        { name: 'khlone-verbs', test: (id) => !needed.has(id) },
      ],
    },
  },
});
