/** A name or a path: text, or its bytes where they are no UTF-8. */
export type Path = string | Buffer;

/** A path below a folder. */
export function below(folder: Path, name: Path): Path {
  if (typeof folder === 'string' && typeof name === 'string')
    return folder.endsWith('/') ? folder + name : `${folder}/${name}`;
  return Buffer.concat([Buffer.from(folder), Buffer.from('/'), Buffer.from(name)]);
}

/** A name as a key that no other name has. */
export function keyOf(name: Path): string {
  // No file name has a NUL in it.
  return typeof name === 'string' ? name : `\0${name.toString('latin1')}`;
}

/** A name or path as it is shown; bytes that are no UTF-8 show as replacement characters. */
export function shown(path: Path): string {
  return typeof path === 'string' ? path : path.toString('utf8');
}
