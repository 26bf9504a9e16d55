/** A user of this machine who has nothing but the place. */
const nobodysNumber = 58_231;

/** As whom everything is attempted, and by which number; the one who runs the tests where it is undefined. */
export const users: readonly (readonly [string, number | undefined])[] =
  process.getuid?.() === 0
    ? [
        ['root', undefined],
        ['an ordinary user', nobodysNumber],
      ]
    : [['an ordinary user', undefined]];
