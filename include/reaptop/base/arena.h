/*
 * arena: memory that is given back all at once. A snapshot keeps its strings
 * in one; they live as long as the snapshot does.
 */
#ifndef REAPTOP_BASE_ARENA_H
#define REAPTOP_BASE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
    struct arena_block *newest;
    struct arena_block *spare; /* empty blocks of before the last arena_clear() */
};

#define ARENA_INIT ((struct arena){0})

void arena_done(struct arena *arena);

/*
 * Empties it to be filled anew, about as far as before: its blocks are used again. What was not
 * needed between two calls is given back.
 */
void arena_clear(struct arena *arena);

/* `size` bytes, zeroed and aligned for any type; NULL without memory. Owned by the arena. */
void *arena_alloc(struct arena *arena, size_t size);

/* A NUL-terminated copy of `length` bytes; NULL without memory. Owned by the arena. */
char *arena_strndup(struct arena *arena, const char *bytes, size_t length);

/* As arena_strndup for a whole string; NULL gives NULL. */
char *arena_strdup(struct arena *arena, const char *string);

#endif
