/** One attempt to change something from within an ask, as a shell script. */
export interface Attempt {
  readonly name: string;
  /** `$ZONE`, `$OUT` beside it, `$HOME`, `$NODE`, `$VICTIM` (a process outside), `$MARK` (a name of its own). */
  readonly script: string;
  /** Only root can do it at all: there is no control without. */
  readonly rootOnly?: true;
}

const connectTo = (path: string): string =>
  `"$NODE" -e 'const s = require("net").connect(process.argv[1], () => s.end("hello", () => process.exit()))
s.on("error", () => process.exit(1))' "${path}"`;

const rows: readonly (readonly [string, string, 'root'?])[] = [
  // Plain writes.
  ['a redirection', 'echo x > $ZONE/a'],
  ['a redirection that appends', 'echo x >> $ZONE/a'],
  ['a redirection of nothing', ': > $ZONE/a'],
  ['a redirection that clobbers', 'set -C; echo x >| $ZONE/a'],
  ['a redirection that opens for both', 'echo x 1<> $ZONE/a'],
  ['a here document', 'cat > $ZONE/new <<END\nx\nEND'],
  ['tee', 'echo x | tee $ZONE/a'],
  ['sed -i', 'sed -i s/a/b/ $ZONE/a'],
  ['sed w', 'sed -n "w $ZONE/new" $ZONE/a'],
  ['sed s///w', 'sed -n "s/a/b/w $ZONE/new" $ZONE/a'],
  ['sed e', 'sed "1e touch $ZONE/new" $ZONE/a'],
  ['awk', 'awk -v f=$ZONE/new "BEGIN { print 1 > f }"'],
  ['awk with a pipe', 'awk -v f=$ZONE/new "BEGIN { print 1 | (\\"cat > \\" f) }"'],
  ['perl', 'perl -e "open F, q(>), q($ZONE/new); print F 1"'],
  ['perl -i', 'perl -pi -e s/a/b/ $ZONE/a'],
  ['node', '"$NODE" -e "fs.writeFileSync(process.env.ZONE + \'/new\', \'x\')"'],
  ['dd', 'dd if=/dev/zero of=$ZONE/a bs=1 count=1 conv=notrunc'],
  ['cp', 'cp $ZONE/a $ZONE/new'],
  ['mv', 'mv $ZONE/a $ZONE/new'],
  ['install', 'install $ZONE/a $ZONE/new'],
  ['truncate', 'truncate -s 1 $ZONE/a'],
  ['tar', 'cd $ZONE && tar cf /tmp/$MARK.tar a && tar xf /tmp/$MARK.tar -C $ZONE; rm /tmp/$MARK.tar'],
  ['split', 'split -l 1 $ZONE/a $ZONE/part'],
  ['sort -o', 'sort -o $ZONE/new $ZONE/a'],
  ['find -delete', 'find $ZONE -name a -delete'],
  ['find -exec', 'find $ZONE -name a -exec rm {} +'],
  ['find -fprint', 'find $ZONE -name a -fprint $ZONE/new'],
  ['xargs', 'echo $ZONE/new | xargs touch'],
  ['rm', 'rm $ZONE/a'],
  ['mkdir', 'mkdir $ZONE/folder'],
  ['chmod', 'chmod 777 $ZONE/a'],
  ['touch of a time', 'touch -d 2001-01-01 $ZONE/a'],
  ['mkfifo', 'mkfifo $ZONE/pipe'],
  [
    'a write that is undone before the end',
    'cp -p $ZONE/a /tmp/$MARK; echo x > $ZONE/a; cat /tmp/$MARK > $ZONE/a; touch -r /tmp/$MARK $ZONE/a; rm /tmp/$MARK',
  ],
  ['a file that is there and gone', 'echo x > $ZONE/.new; rm $ZONE/.new'],
  // Git.
  ['git commit', 'git -C $ZONE commit -q --allow-empty -m x'],
  ['git add', 'echo x > /tmp/$MARK; git -C $ZONE --work-tree=/tmp add /tmp/$MARK; rm /tmp/$MARK'],
  ['git tag', 'git -C $ZONE tag x'],
  ['git update-ref', 'git -C $ZONE update-ref refs/heads/x HEAD'],
  ['git checkout -b', 'git -C $ZONE checkout -q -b x'],
  ['git config', 'git -C $ZONE config user.name x'],
  ['git worktree', 'git -C $ZONE worktree add -q $OUT/tree'],
  ['git init', 'git init -q $OUT/repository'],
  ['git log --output', 'git -C $ZONE log --output=$ZONE/new'],
  ['git diff --output', 'git -C $ZONE diff --output=$ZONE/new'],
  ['git with an abbreviated option', 'git -C $ZONE commit -q --allow-empty --mess=x'],
  ['git with an alias', 'git -C $ZONE -c "alias.x=!touch $ZONE/new" x'],
  ['git with a monitor of its files', 'git -C $ZONE -c core.fsmonitor="touch $ZONE/new; false" status'],
  ['git with another ssh', 'git -c core.sshCommand="touch $ZONE/new; false" ls-remote ssh://h/x'],
  [
    'git with a pager for what it found',
    'cd $ZONE && git grep --open-files-in-pager="touch $ZONE/new #" alpha',
  ],
  [
    'git with a hook',
    'mkdir -p /tmp/$MARK; printf "#!/bin/sh\\ntouch $ZONE/new\\n" > /tmp/$MARK/post-checkout; chmod +x /tmp/$MARK/post-checkout; git -C $ZONE -c core.hooksPath=/tmp/$MARK checkout -q HEAD; rm -r /tmp/$MARK',
  ],
  [
    'git with a filter',
    'cd $ZONE && echo "* filter=x" > /tmp/$MARK && git -c core.attributesFile=/tmp/$MARK -c filter.x.clean="touch $ZONE/new; cat" hash-object --path=a a; rm /tmp/$MARK',
  ],
  ['a hook of the repository', 'echo x > $ZONE/.git/hooks/pre-commit'],
  ['the head of the repository', 'echo ref: refs/heads/x > $ZONE/.git/HEAD'],
  // Links.
  ['a symbolic link that leads out', 'echo x > $ZONE/out'],
  ['a symbolic link that leads in', 'ln -s $ZONE /tmp/$MARK; echo x > /tmp/$MARK/a; rm /tmp/$MARK'],
  ['a new symbolic link', 'ln -s /etc/passwd $ZONE/new'],
  ['a new hard link', 'ln $ZONE/a $ZONE/new'],
  ['a hard link that leads out', 'ln $ZONE/a $OUT/new'],
  ['a file by its other name', 'echo x > $ZONE/hard'],
  // Beside the zone.
  ['a file beside the zone', 'echo x > $ZONE/../beside'],
  ['a folder that begins as the zone does', 'echo x > $ZONE-2/new'],
  ['a profile of the shell', 'echo x >> $HOME/.bashrc'],
  ['a key that may log in', 'echo x >> $HOME/.ssh/authorized_keys'],
  ['settings of git', 'git config --global user.name x'],
  ['settings of Claude Code', 'echo {} > $HOME/.claude/settings.json'],
  ['a command of Claude Code', 'echo x > $HOME/.claude/commands/new.md'],
  ['settings of the repository', 'mkdir -p $ZONE/.claude; echo {} > $ZONE/.claude/settings.json'],
  ['a temporary file', 'echo x > /tmp/$MARK'],
  ['a temporary file that is to last', 'echo x > /var/tmp/$MARK'],
  ['shared memory', 'echo x > /dev/shm/$MARK'],
  // By way of other processes and roots.
  ['its own root', 'echo x > /proc/self/root$ZONE/a'],
  ['the root of its parent', 'echo x > /proc/$PPID/root$ZONE/a'],
  ['the root of a process outside', 'echo x > /proc/$VICTIM/root$ZONE/a'],
  ['the folder of a process outside', 'echo x > /proc/$VICTIM/cwd/a'],
  ['every root there is', 'for p in /proc/[0-9]*; do echo x > $p/root$ZONE/a; done 2>/dev/null'],
  ['its own folder', 'cd $ZONE; echo x > /proc/self/cwd/a'],
  ['a file that it has open', 'exec 3< $ZONE/a; echo x > /proc/self/fd/3'],
  ['a signal to a process outside', 'kill -9 $VICTIM'],
  // Mounts and namespaces.
  ['a remount of everything', 'mount -o remount,rw /; echo x > $ZONE/a'],
  ['a remount of the zone', 'mount -o remount,bind,rw $ZONE; echo x > $ZONE/a'],
  ['a mount over the zone', 'mount --bind $ZONE $ZONE; echo x > $ZONE/a; umount $ZONE'],
  ['the end of a mount', 'umount -l $OUT/nothing; echo x > $ZONE/a'],
  ['a nested user namespace', 'unshare -Ur sh -c "mount -o remount,rw /; echo x > $ZONE/a"'],
  [
    'nested namespaces of all kinds',
    'unshare -Urmpf sh -c "mount -o remount,bind,rw $ZONE; echo x > $ZONE/a"',
  ],
  ['a sandbox of its own', 'bwrap --bind / / --dev-bind /dev /dev sh -c "echo x > $ZONE/a"'],
  [
    'the namespaces of a process outside',
    'nsenter -t $VICTIM -m -U --preserve-credentials sh -c "echo x > $ZONE/a" || nsenter -t $VICTIM -m sh -c "echo x > $ZONE/a"',
    'root',
  ],
  ['another root', 'chroot /proc/$VICTIM/root sh -c "echo x > $ZONE/a"', 'root'],
  ['another user', 'setpriv --reuid=65534 --clear-groups sh -c "echo x > $OUT/open"', 'root'],
  // What outlives the turn.
  ['a process in the background', '(sleep 0.2; echo x > $ZONE/new) & wait'],
  ['a process in a session of its own', 'setsid sh -c "sleep 0.2; echo x > $ZONE/new" & wait'],
  ['a process that ignores signals', '(trap "" HUP TERM INT; sleep 0.2; echo x > $ZONE/new) & wait'],
  ['a process that nobody waits for', 'setsid sh -c "sleep 0.3; echo x > $ZONE/new" > /dev/null 2>&1 &'],
  // Those who would write on its behalf.
  ['the socket of ssh-agent', connectTo('$OUT/agent')],
  ['the socket of Docker', connectTo('$OUT/docker')],
  ['a socket in the zone', connectTo('$ZONE/s')],
  ['a socket by a symbolic link', `ln -s $ZONE/s /tmp/$MARK; ${connectTo('/tmp/$MARK')}; rm /tmp/$MARK`],
  ['a socket by its root', connectTo('/proc/self/root$ZONE/s')],
  ['the socket of gpg-agent', connectTo('$HOME/.gnupg/S.gpg-agent')],
  ['the socket of the session', connectTo('$OUT/runtime/bus')],
  ['the socket of khlone', connectTo('$OUT/state/s')],
];

/** Every attempt of a plain program. */
export const attempts: readonly Attempt[] = rows.map(([name, script, who]) => ({
  name,
  script,
  ...(who === 'root' && { rootOnly: true as const }),
}));
