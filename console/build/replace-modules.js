// Puts a module of ours in the place of one inside a package, by the end of its path. A path that is
// not met any more (the package moved it) fails the build instead of quietly growing it.
export function replaceModules(replacements) {
  const unmet = new Set(Object.keys(replacements));
  return {
    name: "replace-modules",
    enforce: "pre",
    async resolveId(id, importer, options) {
      if (!importer || !/^[./]|^monaco-graphql|^prettier/.test(id)) return undefined;
      const resolved = await this.resolve(id, importer, { ...options, skipSelf: true });
      const end = resolved && Object.keys(replacements).find((path) => resolved.id.split("?")[0].endsWith(path));
      if (!end) return undefined;
      unmet.delete(end);
      return replacements[end];
    },
    buildEnd(error) {
      if (!error && unmet.size > 0) this.error(`never imported, so not replaced: ${[...unmet].join(", ")}`);
    },
  };
}
