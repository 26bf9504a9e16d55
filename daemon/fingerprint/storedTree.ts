import { emptyFolder, type Folder, sharedRow } from './folder.js';
import { below, type Path } from './path.js';

/** A folder as it is kept: paths follow from names. */
interface StoredFolder extends Omit<Folder, 'id' | 'seen' | 'paths' | 'folders'> {
  readonly folders: readonly (StoredFolder | undefined)[];
}

/** What a tree knew at its last look. */
export interface StoredTree {
  readonly count: number;
  readonly bounded: string | undefined;
  readonly top: StoredFolder;
}

/** A folder and all in it, for the file. */
export function packed(folder: Folder): StoredFolder {
  const { path, device, names, row, hashes, settled, left } = folder;
  const folders = folder.folders.map((inner) => inner && packed(inner));
  return { path, device, names, row, hashes, settled, left, folders };
}

/** A folder and all in it, from the file. `pathOf` says where a name in it is. */
export function unpacked(
  { folders, ...rest }: StoredFolder,
  pathOf: (folder: Path, name: Path) => Path = below,
): Folder {
  // Bytes come back as views of the file's.
  const names = rest.names.map((name) => (typeof name === 'string' ? name : Buffer.from(name)));
  const path = typeof rest.path === 'string' ? rest.path : Buffer.from(rest.path);
  const row = sharedRow(names.length);
  row.set(rest.row);
  return {
    ...emptyFolder(path, rest.device),
    ...rest,
    path,
    names,
    paths: names.map((name) => pathOf(path, name)),
    row,
    folders: folders.map((folder) => folder && unpacked(folder)),
  };
}
